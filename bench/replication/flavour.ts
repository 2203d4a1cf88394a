import type { DatabaseServer } from "../../test/support/database-server.ts";

export type Server = DatabaseServer;

/** Where a source was before its backlog. */
export interface Place {
  readonly gtid: string;
  readonly file: string;
  readonly offset: number;
}

/** What the bench does differently on each database. */
export interface Flavour {
  readonly name: "mariadb" | "mysql";
  /** Shown in the result: `MariaDB 10.11.19`. */
  version(server: Server): Promise<string>;
  /** Durable, with a binlog of its own. */
  start(serverId: number): Promise<Server>;
  place(server: Server): Promise<Place>;
  /** Files of the binlog with their sizes. */
  binlogBytes(server: Server): Promise<number>;
  /** While a backlog is made. */
  readonly careless: readonly string[];
  readonly durable: readonly string[];
  /** Before the clock: the target is a replica that does not run yet. */
  follow(source: Server, from: Place, workers: number): readonly string[];
  readonly startReplica: string;
  /** Why the replica does not run, when it does not. */
  replicaProblem(target: Server): Promise<string | undefined>;
  /** What Debezium's source connector is told besides what all are. */
  readonly debeziumSource: Readonly<Record<string, string>>;
  /** For its sink. */
  jdbcUrl(port: number, database: string): string;
  /** A shell command that dumps a database of one server into the other. */
  dumpCommand(source: Server, target: Server, database: string): Promise<string>;
}
