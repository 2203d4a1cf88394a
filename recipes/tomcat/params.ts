import { z } from "zod";
import { localPath } from "../local-path.ts";
import { megabytes } from "../size.ts";
import { textValue } from "../text.ts";

const port = z.int().min(1).max(65535);

// The start script evaluates them, so what a shell would read otherwise is left out.
const jvmOption = z.string().regex(/^-[A-Za-z0-9_.:+=/,@%-]+$/, {
  error:
    "should be one option like -XX:+UseSerialGC, without spaces and quotes; values belong into systemProperties",
});

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "should be the name of an environment variable",
});

/** What a config may say of any Tomcat. */
export const tomcatShape = {
  port: port.default(8080).describe("plain HTTP"),
  tlsPort: port.default(8443).describe("HTTPS with the node's certificate"),
  heap: megabytes(64).prefault("512MB"),
  maxThreads: z.int().min(5).max(5000).default(200).describe("requests worked on at once"),
  jvmOptions: z.array(jvmOption).default([]),
  systemProperties: z
    .record(z.string().min(1), textValue)
    .default({})
    .describe("of the JVM; they may be secrets, and do not show in process lists"),
  environment: z.record(environmentName, textValue).default({}),
  jars: z.array(localPath()).default([]).describe("put on Tomcat's own class path: a database driver, say"),
};

const absolute = z.string().regex(/^\/[^\0]*$/, { error: "should be an absolute path" });

export const tomcatParams = z.strictObject({
  ...tomcatShape,
  files: z.record(absolute, textValue).default({}).describe("further files on the node, readable by Tomcat"),
});

export type TomcatParams = z.output<typeof tomcatParams>;
