import { expect } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { silentLogger } from "../../core/logger.ts";
import { includesPosition, parsePosition } from "../../core/position.ts";
import type { LinkOrder, SkipOrder } from "../../core/protection.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { Feeder } from "../../replication/feeder.ts";
import { Processor } from "../../replication/processor.ts";
import { schemaSql } from "../../replication/schema.ts";
import { feederGrantsOn } from "../../replication/source-grants.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { temporaryLog } from "./feeder-support.ts";
import { programsOf } from "./program-compare.ts";
import { contentOf, tablesOf } from "./table-compare.ts";

const password = "secret";
const applier = "'hotsite_applier'@'127.0.0.1'";
const feeder = "'hotsite_feeder'@'127.0.0.1'";

/** The servers that can be had, each of its own. */
const servers = {
  "MariaDB 10.11": (serverId: number, extra: readonly string[]) =>
    startMariadb({ serverId, domain: serverId - 100, extra }),
  "MariaDB 11.8": (serverId: number, extra: readonly string[]) =>
    startMariadb({ serverId, domain: serverId - 100, version: "11.8", extra }),
  "MySQL 9.7": (serverId: number, extra: readonly string[]) =>
    startMysql({ serverId, extra: trusting(extra) }),
  "MySQL 8.0.15": (serverId: number, extra: readonly string[]) =>
    startMysql({ serverId, version: "8.0.15", extra: trusting(extra) }),
} as const;

export type ServerName = keyof typeof servers;

function trusting(extra: readonly string[]): readonly string[] {
  return ["--log-bin-trust-function-creators=1", "--character-set-server=utf8mb4", ...extra];
}

export interface ServerLinkOptions {
  /** Default: the MariaDB of this machine. */
  readonly source?: ServerName;
  readonly target?: ServerName;
  /** More options of both servers. */
  readonly extra?: readonly string[];
}

/** Two servers and a link between them in this process, with the users that an installation makes. */
export class ServerLink implements AsyncDisposable {
  readonly east: DatabaseServer;
  readonly west: DatabaseServer;
  log: Log;
  readonly databases: readonly string[];
  #ended = new AbortController();
  #works: Promise<void>[] = [];
  #failure: unknown;
  /** Its epoch, too. */
  #stream = 1;

  private constructor(east: DatabaseServer, west: DatabaseServer, log: Log, databases: readonly string[]) {
    this.east = east;
    this.west = west;
    this.log = log;
    this.databases = databases;
  }

  static async start(
    databases: readonly string[],
    { source = "MariaDB 10.11", target = "MariaDB 10.11", extra = [] }: ServerLinkOptions = {},
  ): Promise<ServerLink> {
    const [east, west] = await Promise.all([
      servers[source](101, extra),
      servers[target](102, ["--read-only=1", ...extra]),
    ]);
    for (const server of [east, west]) await prepare(server, databases);
    return new ServerLink(east, west, await temporaryLog("link/1"), databases);
  }

  /** Begins with a first copy of what the source has, or where the link stopped. */
  run(order: Partial<LinkOrder> = {}, skip?: SkipOrder): void {
    const account = { host: "127.0.0.1", password: new Secret(password) };
    const whole: LinkOrder = {
      ...{
        stream: `link/${this.#stream}`,
        epoch: this.#stream,
        from: "east",
        to: "west",
        start: "",
        begin: "copy",
      },
      ...order,
    };
    const common = {
      log: this.log,
      order: whole,
      clock: systemClock,
      logger: silentLogger,
      ...(skip !== undefined && { skip }),
    };
    const source = { ...account, site: "east", port: this.east.port, user: "hotsite_feeder" };
    const target = { ...account, port: this.west.port, user: "hotsite_applier" };
    this.#ended = new AbortController();
    this.#failure = undefined;
    const fail = (error: unknown): void => {
      this.#failure ??= error;
      this.#ended.abort();
    };
    this.#works = [
      new Feeder({ ...common, source, databases: this.databases }).run(this.#ended.signal).catch(fail),
      new Processor({ ...common, target }).run(this.#ended.signal).catch(fail),
    ];
  }

  /** Both ends stop; what stopped the link by itself is thrown. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#works);
    this.#works = [];
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  /** Another stream begins with a first copy of what the source has now. */
  async copyAgain(): Promise<void> {
    await this.stop();
    await this.log[Symbol.asyncDispose]();
    this.#stream += 1;
    this.log = await temporaryLog(`link/${this.#stream}`);
    this.run();
  }

  /** Resolves when the west has everything that the east has now. Throws what ended the link. */
  async reach(timeoutMs = 30_000): Promise<void> {
    const wanted = parsePosition(await this.east.position());
    await waitFor(
      async () => {
        if (this.#failure !== undefined) throw this.#failure as Error;
        const [kept = { position: "" }] = await this.west.query(
          `SELECT position FROM hotsite.checkpoint WHERE stream = 'link/${this.#stream}'`,
        );
        const position = String(kept["position"]);
        return position !== "" && includesPosition(parsePosition(position), wanted) ? true : undefined;
      },
      { timeoutMs, intervalMs: 15, what: "the link to reach the source" },
      new AbortController().signal,
    );
  }

  /** Resolves with what ended the link. */
  async failure(timeoutMs = 30_000): Promise<HotsiteError> {
    await waitFor(
      () => Promise.resolve(this.#failure === undefined ? undefined : true),
      { timeoutMs, intervalMs: 15, what: "the link to stop" },
      new AbortController().signal,
    );
    if (this.#failure instanceof HotsiteError) return this.#failure;
    throw this.#failure as Error;
  }

  /** Every row of both sides, value by value, whatever the servers are. */
  async expectSameRows(): Promise<void> {
    for (const database of this.databases)
      expect(await tablesOf(this.west, database)).toEqual(await tablesOf(this.east, database));
  }

  /** Every table of both sides, compared by the servers themselves, which are of one version. */
  async expectEqual(): Promise<void> {
    for (const database of this.databases) {
      const [ours, theirs] = [await describe(this.east, database), await describe(this.west, database)];
      expect(theirs).toEqual(ours);
    }
  }

  /** Every routine, trigger and event of both sides, and what databases are made with. */
  async expectSamePrograms(): Promise<void> {
    expect(await programsOf(this.west, this.databases)).toEqual(await programsOf(this.east, this.databases));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#works);
    await this.log[Symbol.asyncDispose]();
    await Promise.all([this.east, this.west].map((server) => server[Symbol.asyncDispose]()));
  }
}

async function prepare(server: DatabaseServer, databases: readonly string[]): Promise<void> {
  await server.query(
    ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
    "SET sql_log_bin = 0",
    `CREATE USER ${applier} IDENTIFIED BY '${password}'`,
    ...applierGrantsOn(server.flavour, applier, databases),
    `CREATE USER ${feeder} IDENTIFIED BY '${password}'`,
    ...feederGrantsOn(server.flavour, feeder, databases),
  );
}

/** Those of which MySQL tells some only when they were named: its binlog names them where a table was made from a query. */
async function usualCollations(server: DatabaseServer): Promise<ReadonlySet<unknown>> {
  if (server.flavour !== "mysql") return new Set();
  const usual = "SELECT DEFAULT_COLLATE_NAME AS name FROM information_schema.CHARACTER_SETS";
  return new Set((await server.query(usual)).map(({ name }) => name));
}

/** Definition and checksum of each table. */
async function describe(server: DatabaseServer, database: string): Promise<Record<string, unknown>> {
  const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
  const [there] = await server.query(
    `SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${database}'`,
  );
  if (there === undefined) return {};
  const tables = await server.query(`SHOW FULL TABLES IN ${quote(database)}`);
  const usual = await usualCollations(server);
  const found: Record<string, unknown> = {};
  for (const { Table_type: kind, ...row } of tables) {
    const name = String(Object.values(row)[0]);
    const full = `${quote(database)}.${quote(name)}`;
    const [definition] = await server.query(`SHOW CREATE TABLE ${full}`);
    const sql = String(Object.values(definition ?? {})[1])
      .replace(/ AUTO_INCREMENT=\d+/, "")
      .replace(/ CHARACTER SET \w+( COLLATE (\w+))/g, (text, collate: string, collation: string) =>
        usual.has(collation) ? text.slice(0, -collate.length) : text,
      );
    if (kind === "VIEW") {
      found[name] = { sql };
      continue;
    }
    const [sum] = await server.query(`CHECKSUM TABLE ${full} EXTENDED`);
    // MariaDB's own sum of the same rows is another one after FLUSH TABLES: it takes in memory that is no column's.
    if (/ GENERATED ALWAYS AS | USING HASH/.test(sql)) {
      found[name] = { sql, ...(await contentOf(server, database, name)) };
      continue;
    }
    const [count] = await server.query(`SELECT COUNT(*) AS n FROM ${full}`);
    // MySQL's own sum of a table with an index over the members of an array is another one each time.
    const told = sql.includes(" array)") ? {} : { checksum: sum?.["Checksum"] };
    found[name] = { sql, ...told, rows: count?.["n"] };
  }
  return found;
}
