import { test } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { silentLogger } from "../../core/logger.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { formatPosition, ofOrigin, parsePosition, type Origin } from "../../core/position.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import type { Applied } from "../../replication/checkpoint.ts";
import { lineLogger } from "../../replication/control/log-lines.ts";
import type { Flavour } from "../../replication/flavour.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import { Processor } from "../../replication/processor.ts";
import type { TableSchema } from "../../replication/record.ts";
import { schemaSql } from "../../replication/schema.ts";
import type { TargetOptions } from "../../replication/target.ts";
import { applierGrantsOn } from "../../replication/target-grants.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { HandFeeder, plainTable, sources } from "./stream.ts";

const applier = "'hotsite_applier'@'127.0.0.1'";

interface ApplyOptions {
  target?: TargetOptions;
  order?: LinkOrder;
  onApplied?: (applied: Applied, heartbeatMs?: number) => void;
}

const standby = ["--read-only=1", "--log-bin-trust-function-creators=1"];

/** The target, by what it is; none of them was ever used. */
export const targets = {
  "MariaDB 10.11": () => startMariadb({ serverId: 2, domain: 2, extra: standby }),
  "MariaDB 11.8": () => startMariadb({ serverId: 2, domain: 2, version: "11.8", extra: standby }),
  "MySQL 9.7": () => startMysql({ serverId: 2, extra: standby }),
  "MySQL 8.0.15": () => startMysql({ serverId: 2, version: "8.0.15", extra: standby }),
} as const;

export type Target = keyof typeof targets;

/** For what MariaDB does alone: it keeps the GTIDs of rows, and numbers anew what it finishes after a crash. */
export function onlyMariadb(target: Target): typeof test.skip {
  return target === "MariaDB 10.11" ? test : test.skip;
}

/** A read-only target, a log filled by hand, and processors that apply it. `begin` before each test, `end` after it. */
export class ProcessorRig {
  readonly signal = AbortSignal.timeout(300_000);
  #server!: DatabaseServer;
  #folder!: string;
  log!: Log;
  order!: LinkOrder;
  feeder!: HandFeeder;
  #streams = 0;
  readonly #target: Target;
  readonly #source: Flavour | undefined;

  /** The source is of the target's flavour unless it is given. */
  constructor(target: Target = "MariaDB 10.11", source?: Flavour) {
    this.#target = target;
    this.#source = source;
  }

  /** How the source names its transactions. */
  get source(): (typeof sources)[Flavour] {
    return sources[this.#source ?? this.#server.flavour];
  }

  get server(): DatabaseServer {
    return this.#server;
  }

  get target() {
    return {
      host: "127.0.0.1",
      port: this.#server.port,
      user: "hotsite_applier",
      password: new Secret("secret"),
    };
  }

  async open(): Promise<void> {
    this.#server = await targets[this.#target]();
  }

  async close(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async begin(): Promise<void> {
    await this.#server.query(
      this.#reset,
      "DROP DATABASE IF EXISTS hotsite",
      "DROP DATABASE IF EXISTS shop",
      "SET sql_log_bin = 0",
      ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
      "SET sql_log_bin = 0",
      "CREATE DATABASE shop",
      "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)",
      `DROP USER IF EXISTS ${applier}`,
      `CREATE USER ${applier} IDENTIFIED BY 'secret'`,
      ...applierGrantsOn(this.#server.flavour, applier, ["shop"]),
    );
    await this.#server.query(this.#reset);
    this.#streams += 1;
    this.#folder = await mkdtemp(join(tmpdir(), "hotsite-processor-"));
    this.order = this.orderOf({});
    this.log = await openEmbeddedLog(this.#folder, this.order.stream);
    this.feeder = this.feederOf([plainTable]);
  }

  async end(): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  feederOf(tables: readonly TableSchema[]): HandFeeder {
    return new HandFeeder(this.log, this.order, tables, this.#source ?? this.#server.flavour);
  }

  /** So that the GTIDs of each test are the same. */
  get #reset(): string {
    return this.#target === "MySQL 9.7" ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
  }

  /** As if somebody had removed the log's files. */
  async loseLog(): Promise<void> {
    await this.end();
    this.log = await openEmbeddedLog(this.#folder, this.order.stream);
  }

  orderOf(more: Partial<LinkOrder>): LinkOrder {
    return {
      stream: `shop/db/${this.#streams}`,
      epoch: 1,
      from: "east",
      to: "west",
      start: "",
      begin: "stream",
      ...more,
    };
  }

  processor(options: ApplyOptions = {}): Processor {
    return new Processor({
      target: this.target,
      log: this.log,
      order: this.order,
      clock: systemClock,
      logger:
        process.env.HOTSITE_TEST_LOG === undefined
          ? silentLogger
          : lineLogger((line) => process.stderr.write(line)),
      ...options,
    });
  }

  /** Applies what the log holds. */
  async apply(options: ApplyOptions = {}): Promise<void> {
    await this.processor(options).run(this.signal, (await this.log.tail())?.last ?? 0);
  }

  async rows(table = "shop.t", key = "id"): Promise<Record<string, unknown>[]> {
    return (await this.#server.query(`SELECT * FROM ${table} ORDER BY ${key}`)).map((row) => ({ ...row }));
  }

  position(): Promise<string> {
    return this.#server.position();
  }

  /** The part of its position that an application at the target would have written. */
  async writesOfItsOwn(): Promise<string> {
    const sql = {
      mariadb: "SELECT @@GLOBAL.gtid_domain_id AS origin",
      mysql: "SELECT @@GLOBAL.server_uuid AS origin",
    }[this.#server.flavour];
    const [row] = await this.#server.query(sql);
    return formatPosition(ofOrigin(parsePosition(await this.position()), row?.["origin"] as Origin));
  }

  async checkpoint(): Promise<unknown[] | undefined> {
    const [row] = await this.#server.query("SELECT sequence, position FROM hotsite.checkpoint");
    return row && [Number(row.sequence), row.position];
  }

  async until(happened: () => Promise<boolean>, what: string): Promise<void> {
    await waitFor(
      async () => ((await happened().catch(() => false)) ? true : undefined),
      { timeoutMs: 20_000, intervalMs: 10, what },
      this.signal,
    );
  }
}
