import { schemaSql } from "../../replication/schema.ts";

/** All contenders are this user; the servers are on loopback and live for minutes. */
export const account = { user: "bench", password: "bench" } as const;

/** Statements of one session that make a server ready for every contender, without a trace in its binlog. */
export const accountsSql: readonly string[] = [
  ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
  "SET SESSION sql_log_bin = 0",
  `CREATE USER '${account.user}'@'127.0.0.1' IDENTIFIED BY '${account.password}'`,
  `GRANT ALL PRIVILEGES ON *.* TO '${account.user}'@'127.0.0.1'`,
];
