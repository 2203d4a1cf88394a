import type { MysqlParams, MysqlWired } from "./params.ts";

/** Lines of an option file, in order. */
export type Settings = Readonly<Record<string, string | number>>;

/** What tells the two kinds of servers apart, wherever they come from. */
export interface Flavour {
  /** The group of an option file that only this kind of server reads. */
  readonly group: "mariadb" | "mysqld";
  /** Names of its programs. */
  readonly server: string;
  readonly client: string;
  readonly dump: string;
  /** Identity, log and durability: what following this server from another site rests on. */
  followed(wired: MysqlWired, params: MysqlParams): Settings;
  /** Sizes that follow from how many megabytes the server may use. */
  sizes(megabytes: number): Settings;
}

const SECONDS_A_DAY = 86_400;

const mariadb: Flavour = {
  ...{ group: "mariadb", server: "mariadbd", client: "mariadb", dump: "mariadb-dump" },
  followed: ({ identity }, { binlogDays }) => ({
    "server-id": identity.serverId,
    "gtid-domain-id": identity.domain,
    "gtid-strict-mode": "ON",
    ...LOGGED,
    "log-slave-updates": "ON",
    "binlog-format": "ROW",
    "expire-logs-days": binlogDays,
  }),
  sizes: (megabytes) => ({
    "innodb-buffer-pool-size": `${cache(megabytes)}M`,
    "innodb-log-file-size": `${redo(megabytes)}M`,
  }),
};

// Rows, and logging what comes from elsewhere, are the only ways that it knows in its newest versions.
const mysql: Flavour = {
  ...{ group: "mysqld", server: "mysqld", client: "mysql", dump: "mysqldump" },
  followed: ({ identity }, { binlogDays }) => ({
    "server-id": identity.serverId,
    "gtid-mode": "ON",
    "enforce-gtid-consistency": "ON",
    ...LOGGED,
    "binlog-expire-logs-seconds": binlogDays * SECONDS_A_DAY,
    // A link brings many rows at once as a file that it sends itself. The server's own files stay out of reach.
    "local-infile": "ON",
    // A second protocol on a port of its own, which nobody asked for.
    "loose-mysqlx": "OFF",
  }),
  sizes: (megabytes) => ({
    "innodb-buffer-pool-size": `${cache(megabytes)}M`,
    // Before 8.0.30 it had another name, and its default does.
    "loose-innodb-redo-log-capacity": `${redo(megabytes)}M`,
  }),
};

const LOGGED = {
  "log-bin": "binlog",
  "binlog-row-image": "FULL",
  "binlog-row-metadata": "FULL",
  // What was acknowledged survives a power cut, in the binlog and in the tables.
  "sync-binlog": 1,
  "innodb-flush-log-at-trx-commit": 1,
  // Events would run on the standby as well, and arrive from the primary besides.
  "event-scheduler": "OFF",
  // Triggers and functions of the application are created by users without SUPER.
  "log-bin-trust-function-creators": "ON",
};

/** By the name in a config. */
export const FLAVOURS: Readonly<Record<"mariadb" | "mysql", Flavour>> = { mariadb, mysql };

/** Half caches data; the rest is for connections, sorting and the server itself. */
function cache(megabytes: number): number {
  return Math.floor(megabytes / 2);
}

function redo(megabytes: number): number {
  return Math.max(16, Math.floor(megabytes / 8));
}
