import { z } from "zod";
import { artifact } from "../artifact/artifact.ts";
import { LocalPath, localPath } from "../local-path.ts";
import { secretSource } from "../secrets.ts";
import { megabytes } from "../../core/size.ts";
import { debianServer } from "./debian-tree.ts";

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
    ...["gtid_mode", "enforce_gtid_consistency", "log_replica_updates", "datadir", "basedir", "socket"],
    ...["pid_file", "init_file", "plugin_dir"],
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

const versionStart = z.string().regex(/^\d+(\.\d+)*$/, { error: 'should be a version like "11.8"' });

const suite = z.string().regex(/^[a-z]+$/, { error: 'should be the name of a Debian suite, like "trixie"' });

const source = z.union(
  [z.literal("node"), z.strictObject({ debian: suite }), z.strictObject({ archive: artifact() })],
  {
    error:
      'should be "node", { debian: "trixie" }, or { archive: … } with a path, a URL and its checksum, or Maven coordinates',
  },
);

/** A server that is sent to the node as one archive. */
export interface SentSource {
  readonly kind: "sent";
  readonly archive: LocalPath;
  /** Whether it brings all libraries that it needs. */
  readonly complete: boolean;
}

interface Wanted {
  readonly flavour: "mariadb" | "mysql";
  readonly version?: string | undefined;
  readonly source?: z.output<typeof source> | undefined;
}

/** Debian's stable releases have no MySQL, its development suite has. */
function sourceOf({ flavour, version, source: given }: Wanted): { readonly kind: "node" } | SentSource {
  const from = given ?? (flavour === "mariadb" ? "node" : { debian: "sid" });
  if (from === "node") return { kind: "node" };
  if ("archive" in from) return { kind: "sent", archive: from.archive, complete: false };
  return { kind: "sent", archive: debianServer({ flavour, suite: from.debian, version }), complete: true };
}

/** What a config may say of a database server. */
export const mysqlParams = z
  .strictObject({
    flavour: z.enum(["mariadb", "mysql"]).default("mariadb").describe("whose server it is"),
    version: versionStart.optional().describe('what its version must start with, like "11.8"'),
    source: source
      .optional()
      .describe('"node": the Debian package of the node; or a Debian suite, or an archive, to be sent there'),
    port: z.int().min(1).max(65535).default(3306),
    memory: z
      .union([z.literal("auto"), megabytes(128)], { error: 'should be "auto" or a size like 512MB or 2GB' })
      .prefault("512MB")
      .describe("what the server may use; half of it caches data"),
    maxConnections: z.int().min(10).max(10_000).default(200),
    binlogDays: z.int().min(1).max(99).default(7).describe("how long a link may be away and still catch up"),
    databases: z.record(databaseName, database).default({}),
    users: z.record(userName, user).default({}),
    settings: z
      .record(
        setting,
        z.union([z.string().regex(/^[^\n]*$/, { error: "should be one line of text" }), z.number()], {
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
  )
  .superRefine(({ flavour, source: from }, context) => {
    if (flavour !== "mysql" || from !== "node") return;
    context.addIssue({
      code: "custom",
      path: ["source"],
      message: 'Debian\'s releases have no MySQL; leave it out, or say { debian: "sid" } or { archive: … }',
      input: from,
    });
  })
  .transform((params) => ({ ...params, source: sourceOf(params) }));

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
