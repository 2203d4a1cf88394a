import { z } from "zod";
import { localPath } from "../local-path.ts";
import type { Jdbc } from "../mysql/jdbc.ts";
import { refTo } from "../refs.ts";
import { textValue } from "../text.ts";
import { tomcatShape } from "./params.ts";

const jdbc = refTo<Jdbc>('a database connection, like db.jdbc("shop", "shop")');

const pool = z.strictObject({
  jdbc,
  maxTotal: z.int().min(1).default(20).describe("connections per node"),
  minIdle: z.int().min(0).default(2),
  maxWaitMs: z.int().min(0).default(3000).describe("how long a request waits for a connection"),
});

// A shorthand for a pool with nothing but defaults.
const dataSource = z.union([pool, jdbc.transform((wire) => pool.parse({ jdbc: wire }))], {
  error: 'should be a database connection, like db.jdbc("shop", "shop"), or { jdbc: …, maxTotal: … }',
});

const urlPath = z.string().regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/, {
  error: "should be a path that starts with /",
});

/** What a config may say of a web application. */
export const warShape = {
  ...tomcatShape,
  war: localPath().describe("a .war file, or a folder that holds what a .war would"),
  contextPath: z
    .string()
    .regex(/^(\/|(\/[A-Za-z0-9._~-]+)+)$/, { error: "should be / or a path like /shop" })
    .default("/"),
  health: urlPath
    .default("/")
    .describe("path below the context path that answers 2xx or 3xx once the application works"),
  readyTimeoutSeconds: z.int().min(5).max(3600).default(120),
  startsReadOnly: z
    .boolean()
    .default(false)
    .describe("the application starts beside a read-only database, so a hot standby may run it"),
  dataSources: z
    .record(z.string().min(1), dataSource)
    .default({})
    .describe("JNDI resources below java:comp/env"),
  files: z
    .record(
      z.string().regex(/^(?!.*(^|\/)\.\.(\/|$))[^\0]+$/, { error: "should be a path without .." }),
      textValue,
    )
    .default({})
    .describe(
      "further files: by absolute path on the node, or by relative path laid over the application's own",
    ),
};

export const warParams = z.strictObject(warShape);

export type WarParams = z.output<typeof warParams>;
export type WarInput = z.input<typeof warParams>;
