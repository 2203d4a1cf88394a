import { z } from "zod";
import { artifact } from "../artifact/artifact.ts";
import { megabytes } from "../../core/size.ts";
import { textValue } from "../text.ts";
import { checkJava, javaShape } from "./java.ts";
import { tomcatSource } from "./version.ts";

const port = z.int().min(1).max(65535);

// The start script evaluates them, so what a shell would read otherwise is left out.
const jvmOption = z.string().regex(/^-[A-Za-z0-9_.:+=/,@%-]+$/, {
  error:
    "should be one option like -XX:+UseSerialGC, without spaces and quotes; values belong into systemProperties",
});

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "should be the name of an environment variable",
});

const attribute = z.union([z.string(), z.number(), z.boolean()], {
  error: "should be a text, a number, true or false",
});

const relative = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.?(\/|$))[^\0\n]+$/, { error: "should be a relative path without .." });

/** Written from other parameters. */
const OURS = /^(server\.xml|catalina\.properties|Catalina(\/.*)?)$/;

const confPath = relative.refine((path) => !OURS.test(path), { error: "is written by Hotsite" });

const accessLog = z.strictObject({
  pattern: z.string().min(1).default('%h %t "%r" %s %b %D').describe("of Tomcat's AccessLogValve"),
  keepDays: z.int().min(1).max(3650).default(14),
});

/** What a further file holds: a text, or a file of this machine. */
export const fileContent = z.union([textValue, z.strictObject({ from: artifact() })], {
  error: 'should be a text, a secret, a value of another service, text`…`, or { from: "./some.file" }',
});

export type FileContent = z.output<typeof fileContent>;

/** What a config may say of any Tomcat. */
export const tomcatShape = {
  tomcat: tomcatSource.prefault("debian").describe('which one: "debian", a version, or an archive'),
  ...javaShape,
  port: port.default(8080).describe("plain HTTP"),
  tlsPort: z
    .union([port, z.literal(false)], { error: "should be a port, or false" })
    .default(8443)
    .describe("HTTPS with the node's certificate; false: none"),
  heap: megabytes(64).prefault("512MB"),
  maxThreads: z.int().min(5).max(5000).default(200).describe("requests worked on at once"),
  connector: z
    .record(z.string().regex(/^[A-Za-z]+$/, { error: "should be the name of an attribute" }), attribute)
    .default({})
    .describe("further attributes of both connectors: compression, maxPostSize"),
  trustedProxies: z
    .union([z.string().min(1), z.literal(false)], { error: "should be a regular expression, or false" })
    .optional()
    .describe("whose X-Forwarded headers are believed; by default those of private addresses"),
  accessLog: z
    .union([accessLog, z.literal(false)], { error: "should be { pattern, keepDays }, or false" })
    .prefault({}),
  drainSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(10)
    .describe("how long requests in progress may take when Tomcat stops"),
  jvmOptions: z.array(jvmOption).default([]),
  systemProperties: z
    .record(z.string().min(1), textValue)
    .default({})
    .describe("of the JVM; they may be secrets, and do not show in process lists"),
  environment: z.record(environmentName, textValue).default({}),
  conf: z.record(confPath, fileContent).default({}).describe("further files in Tomcat's conf folder"),
  jars: z.array(artifact()).default([]).describe("put on Tomcat's own class path: a database driver, say"),
};

const absolute = z.string().regex(/^\/[^\0]*$/, { error: "should be an absolute path" });

export const tomcatParams = z
  .strictObject({
    ...tomcatShape,
    files: z
      .record(absolute, fileContent)
      .default({})
      .describe("further files on the node, readable by Tomcat"),
  })
  .superRefine(checkJava);

export type TomcatParams = z.output<typeof tomcatParams>;
