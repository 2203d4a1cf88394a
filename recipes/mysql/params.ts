import { z } from "zod";
import { localPath } from "../local-path.ts";
import { secretSource } from "../secrets.ts";
import { megabytes } from "../size.ts";

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_$-]{0,63}$/, {
  error: "should be a name of letters, digits, _, $ and -, at most 64",
});

const userName = identifier.refine((name) => name !== "root" && !/^(hotsite|mariadb|mysql)/.test(name), {
  error: "is a name that the server or Hotsite needs itself",
});

const databaseName = identifier.refine(
  (name) => !["hotsite", "mysql", "sys", "information_schema", "performance_schema"].includes(name),
  { error: "is a name that the server or Hotsite needs itself" },
);

const privilege = z.string().regex(/^[A-Z]+( [A-Z]+)*$/, {
  error: "should be a privilege in capitals, like SELECT or CREATE VIEW",
});

const grant = z.union([z.literal("ALL"), z.array(privilege).min(1)], {
  error: 'should be "ALL" or a list of privileges in capitals, like ["SELECT", "CREATE VIEW"]',
});

/** What the recovery of a lost site rests on is not a matter of taste. */
const FIXED = new Set(
  [
    ...["server_id", "gtid_domain_id", "gtid_strict_mode", "log_bin", "log_slave_updates", "binlog_format"],
    ...["binlog_row_image", "binlog_row_metadata", "sync_binlog", "innodb_flush_log_at_trx_commit"],
    ...["read_only", "event_scheduler", "bind_address", "port", "ssl_ca", "ssl_cert", "ssl_key"],
  ].map((name) => name.replaceAll("_", "-")),
);

const setting = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, { error: "should be the name of a server variable" })
  .refine((name) => !FIXED.has(name.replaceAll("_", "-")), {
    error: "is set by Hotsite and cannot be changed",
  });

const database = z.strictObject({
  seed: z
    .array(localPath())
    .default([])
    .describe("SQL files, in order; run once, on the first primary, when the database is empty"),
});

const user = z.strictObject({
  password: secretSource,
  grants: z.record(databaseName, grant).describe('per database "ALL" or a list of privileges'),
  requireTls: z.boolean().default(true).describe("refuse connections that are not encrypted"),
});

const noGrants = { grants: {} };

/** As much of the parameters as the check of the grants needs, so that other faults do not hide what it finds. */
const granted = z.object({
  databases: z.record(z.string(), z.unknown()),
  users: z.record(z.string(), z.object({ grants: z.record(z.string(), z.unknown()) }).catch(noGrants)),
});

/** What a config may say of a database server. */
export const mysqlParams = z
  .strictObject({
    flavour: z.enum(["mariadb"]).default("mariadb").describe("Debian's MariaDB"),
    port: z.int().min(1).max(65535).default(3306),
    memory: megabytes(128).prefault("512MB").describe("what the server may use; half of it caches data"),
    maxConnections: z.int().min(10).max(10_000).default(200),
    binlogDays: z.int().min(1).max(99).default(7).describe("how long a link may be away and still catch up"),
    databases: z.record(databaseName, database).default({}),
    users: z.record(userName, user).default({}),
    settings: z
      .record(
        setting,
        z.union([z.string().regex(/^[^\n]*$/), z.number()], {
          error: "should be a number or one line of text",
        }),
      )
      .default({})
      .describe("further server variables"),
  })
  .superRefine(
    (params, context) => {
      const { databases, users } = granted.parse(params);
      const known = Object.keys(databases);
      for (const [name, { grants }] of Object.entries(users)) {
        for (const database of Object.keys(grants).filter((key) => !known.includes(key))) {
          context.addIssue({
            code: "custom",
            path: ["users", name, "grants", database],
            message: "is not one of the databases",
            input: database,
            params: { known },
          });
        }
      }
    },
    { when: ({ value }) => granted.safeParse(value).success },
  );

export type MysqlParams = z.output<typeof mysqlParams>;
export type MysqlInput = z.input<typeof mysqlParams>;

/** What the lifecycle adds to the parameters when it plans. */
export const mysqlWired = z.object({
  /** Both are the site's own and never change: positions of two sites are compared by them. */
  identity: z
    .strictObject({ serverId: z.int().min(1), domain: z.int().min(0) })
    .default({ serverId: 1, domain: 0 }),
  /** Only for a database that is replicated. */
  replication: z
    .strictObject({
      /** SQL of the schema `hotsite`; repeatable. */
      schema: z.string(),
      /** What the three users of the replication may do besides what every one may; repeatable statements. */
      grants: z.array(z.string()),
    })
    .optional(),
  /** URLs that answer with the authority; without them a primary is writable whenever it runs. */
  witness: z.strictObject({ urls: z.array(z.url()).min(1) }).optional(),
});

export type MysqlWired = z.output<typeof mysqlWired>;
