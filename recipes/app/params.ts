import { z } from "zod";
import { artifact } from "../artifact/artifact.ts";
import { megabytes } from "../../core/size.ts";
import { textValue } from "../text.ts";
import { packed } from "./packed.ts";

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "should be the name of an environment variable",
});

const word = z.string().regex(/^[^\n\0]+$/, { error: "should be one word of a command line" });

const absolute = z.string().regex(/^\/(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, {
  error: "should be an absolute path without ..",
});

/** What a config may say of any program. */
export const appParams = z.strictObject({
  source: artifact()
    .transform(packed)
    .describe(
      "a folder, a .tar.gz, or one file: a .jar, a program; beside the config, by URL with checksum, or from Maven",
    ),
  run: z
    .array(word)
    .min(1)
    .describe(
      'what to start, in the folder of the source: ["node", "server.js"], ["java", "-jar", "shop.jar"], ["./shop"]',
    ),
  node: artifact()
    .optional()
    .describe("a Node runtime to send along: a .tar.gz that holds bin/node. Default: the node's own"),
  java: z
    .int()
    .min(8)
    .max(99)
    .optional()
    .describe("of Debian: 17 is openjdk-17-jre-headless. Default: Debian's own choice"),
  port: z.int().min(1).max(65535).optional().describe("where it listens; it is told as PORT"),
  health: z
    .string()
    .regex(/^\/[^\s]*$/, { error: "should be a path that starts with /" })
    .optional()
    .describe("path that answers 2xx or 3xx once it works. Default: its port is open"),
  environment: z.record(variable, textValue).default({}),
  files: z.record(absolute, textValue).default({}).describe("further files on the node, by absolute path"),
  packages: z.array(z.string().min(2)).default([]).describe("further Debian packages"),
  memory: megabytes(16).optional().describe("at most; a program that takes more is ended and started again"),
  readyTimeoutSeconds: z.int().min(5).max(3600).default(60),
  stopTimeoutSeconds: z.int().min(1).max(600).default(30).describe("after SIGTERM; then it is killed"),
  startsReadOnly: z
    .boolean()
    .default(false)
    .describe("it starts beside a read-only database, so a hot standby may run it"),
});

export type AppParams = z.output<typeof appParams>;
