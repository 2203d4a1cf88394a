import { feederGrants } from "../../replication/source-grants.ts";
import { schemaSql } from "../../replication/schema.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import { database } from "./work.ts";

/** Of all accounts; the servers are on loopback and live for minutes. */
export const password = "bench";
export const feederUser = "hotsite_feeder";
export const applierUser = "hotsite_applier";
/** Native replication and Debezium. */
export const replicaUser = "replica";

/** Statements of one session that make a server ready for every contender, without a trace in its binlog. */
export function accountsSql(): readonly string[] {
  const [feeder, applier, replica] = [feederUser, applierUser, replicaUser].map(
    (name) => `'${name}'@'127.0.0.1'`,
  );
  if (feeder === undefined || applier === undefined || replica === undefined) return [];
  return [
    ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
    "SET SESSION sql_log_bin = 0",
    ...[feeder, applier, replica].map((user) => `CREATE USER ${user} IDENTIFIED BY '${password}'`),
    ...feederGrants(feeder, [database]),
    ...applierGrantsOn("mariadb", applier, [database]),
    `GRANT ALL PRIVILEGES ON *.* TO ${replica}`,
  ];
}
