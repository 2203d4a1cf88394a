import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { silentLogger } from "../../core/logger.ts";
import type { LinkOrder } from "../../core/protection.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import type { Applied } from "../../replication/checkpoint.ts";
import { lineLogger } from "../../replication/control/log-lines.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import { Processor } from "../../replication/processor.ts";
import { applierGrants, schemaSql } from "../../replication/schema.ts";
import { startMariadb, type MariadbServer } from "../support/mariadb.ts";
import { HandFeeder } from "./stream.ts";

const applier = "'hotsite_applier'@'127.0.0.1'";

interface ApplyOptions {
  order?: LinkOrder;
  onApplied?: (applied: Applied, heartbeatMs?: number) => void;
}

/** A read-only target, a log filled by hand, and processors that apply it. `begin` before each test, `end` after it. */
export class ProcessorRig {
  readonly signal = AbortSignal.timeout(300_000);
  #server!: MariadbServer;
  #folder!: string;
  log!: Log;
  order!: LinkOrder;
  feeder!: HandFeeder;
  #streams = 0;

  get server(): MariadbServer {
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

  /** As a server that was never used: a new domain number each time would change what the GTIDs of the tests look like. */
  async open(): Promise<void> {
    this.#server = await startMariadb({ serverId: 2, domain: 2, extra: ["--read-only=1"] });
  }

  async close(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async begin(): Promise<void> {
    await this.#server.query(
      "RESET MASTER",
      "DROP DATABASE IF EXISTS hotsite",
      "DROP DATABASE IF EXISTS shop",
      "SET sql_log_bin = 0",
      ...schemaSql.split(";\n").filter((sql) => sql.trim() !== ""),
      "SET sql_log_bin = 0",
      "CREATE DATABASE shop",
      "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)",
      `CREATE OR REPLACE USER ${applier} IDENTIFIED BY 'secret'`,
      ...applierGrants(applier, ["shop"]),
    );
    await this.#server.query("RESET MASTER");
    this.#streams += 1;
    this.#folder = await mkdtemp(join(tmpdir(), "hotsite-processor-"));
    this.order = this.orderOf({});
    this.log = await openEmbeddedLog(this.#folder, this.order.stream);
    this.feeder = new HandFeeder(this.log, this.order);
  }

  async end(): Promise<void> {
    await this.log[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
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

  /** Applies what the log holds. */
  async apply(options: ApplyOptions = {}): Promise<void> {
    const processor = new Processor({
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
    await processor.run(this.signal, (await this.log.tail())?.last ?? 0);
  }

  async rows(table = "shop.t", key = "id"): Promise<Record<string, unknown>[]> {
    return (await this.#server.query(`SELECT * FROM ${table} ORDER BY ${key}`)).map((row) => ({ ...row }));
  }

  async position(): Promise<unknown> {
    return (await this.#server.query("SELECT @@gtid_binlog_pos AS p"))[0]?.p;
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
