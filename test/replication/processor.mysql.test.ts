import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
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
import type { TableSchema } from "../../replication/record.ts";
import { applierGrants, schemaSql } from "../../replication/schema.ts";
import { startMariadb, type MariadbServer } from "../support/mariadb.ts";
import { checks, column, HandFeeder, insert, plainTable, remove, statement, update } from "./stream.ts";

jest.setTimeout(60_000);
const signal = AbortSignal.timeout(300_000);
const applier = "'hotsite_applier'@'127.0.0.1'";

describe("the processor", () => {
  let server: MariadbServer;
  let folder: string;
  let log: Log;
  let order: LinkOrder;
  let feeder: HandFeeder;
  let streams = 0;
  /** As a server that was never used: a new domain number each time would change what the GTIDs of the tests look like. */
  beforeAll(async () => {
    server = await startMariadb({ serverId: 2, domain: 2, extra: ["--read-only=1"] });
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  beforeEach(async () => {
    await server.query(
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
    await server.query("RESET MASTER");
    streams += 1;
    folder = await mkdtemp(join(tmpdir(), "hotsite-processor-"));
    order = orderOf({});
    log = await openEmbeddedLog(folder, order.stream);
    feeder = new HandFeeder(log, order);
  });
  afterEach(async () => {
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function orderOf(more: Partial<LinkOrder>): LinkOrder {
    return {
      stream: `shop/db/${streams}`,
      epoch: 1,
      from: "east",
      to: "west",
      start: "",
      begin: "stream",
      ...more,
    };
  }

  /** Applies what the log holds. */
  async function apply(
    options: { order?: LinkOrder; onApplied?: (applied: Applied, heartbeatMs?: number) => void } = {},
  ) {
    const processor = new Processor({
      target: {
        host: "127.0.0.1",
        port: server.port,
        user: "hotsite_applier",
        password: new Secret("secret"),
      },
      log,
      order,
      clock: systemClock,
      logger:
        process.env.HOTSITE_TEST_LOG === undefined
          ? silentLogger
          : lineLogger((line) => process.stderr.write(line)),
      ...options,
    });
    await processor.run(signal, (await log.tail())?.last ?? 0);
  }

  const rows = async (table = "shop.t", key = "id") =>
    (await server.query(`SELECT * FROM ${table} ORDER BY ${key}`)).map((row) => ({ ...row }));
  const position = async () => (await server.query("SELECT @@gtid_binlog_pos AS p"))[0]?.p;
  const checkpoint = async () => {
    const [row] = await server.query("SELECT sequence, position FROM hotsite.checkpoint");
    return row && [Number(row.sequence), row.position];
  };

  test("transactions land on a read-only target under the source's GTID, and the checkpoint with them", async () => {
    await feeder.transactions([insert([1, 10], [2, 20])], [update([1, 10], [1, 11])], [remove([2, 20])]);
    await apply();
    expect(await rows()).toEqual([{ id: 1, v: 11 }]);
    expect(await checkpoint()).toEqual([3, "1-1-3"]);
    expect(String(await position()).split(",")).toContain("1-1-3");
  });

  test("what is applied already is not applied again", async () => {
    await feeder.transactions([insert([1, 1])]);
    await apply();
    await feeder.transactions([insert([2, 2])], [insert([3, 3])]);
    await apply();
    await apply();
    expect(await rows()).toHaveLength(3);
  });

  test("the second application of a number is refused by the server itself", async () => {
    await feeder.transactions([insert([1, 1])]);
    await apply();
    await server.query(
      "SET sql_log_bin = 0",
      "UPDATE hotsite.checkpoint SET sequence = 0",
      "DELETE FROM shop.t",
    );
    await expect(apply()).rejects.toMatchObject({ code: "diverged" });
    expect(await rows()).toEqual([]);
  });

  test("a transaction without changes still moves the position", async () => {
    await feeder.transactions([]);
    await apply();
    expect(await checkpoint()).toEqual([1, "1-1-1"]);
    expect(String(await position()).split(",")).toContain("1-1-1");
  });

  test("parts of a large transaction become visible together", async () => {
    await feeder.records(feeder.transaction([insert([1, 1])], 1, false));
    await feeder.records(feeder.transaction([insert([2, 2])], 2, false));
    await apply();
    expect(await rows()).toEqual([]);
    await feeder.records(feeder.transaction([insert([3, 3])], 3, true), feeder.transaction([remove([1, 1])]));
    await apply();
    expect(await rows()).toEqual([
      { id: 2, v: 2 },
      { id: 3, v: 3 },
    ]);
    expect(await checkpoint()).toEqual([4, "1-1-2"]);
  });

  test("parts that are taken back leave nothing", async () => {
    await feeder.records(
      feeder.transaction([insert([1, 1])], 1, false),
      { kind: "abort" },
      feeder.transaction([insert([1, 5])], 1, true),
    );
    await apply();
    expect(await rows()).toEqual([{ id: 1, v: 5 }]);
  });

  test.each([
    ["a row that is missing", () => update([7, 1], [7, 2]), "update shop.t, key (7): 0 rows instead of 1"],
    ["a row to delete that is missing", () => remove([1, 1], [7, 1]), "delete from shop.t, key (7)"],
    ["a row that is there already", () => insert([5, 1], [1, 1]), "insert into shop.t, key (1)"],
  ])("%s stops the stream with record, table and key", async (_name, change, problem) => {
    await feeder.transactions([insert([1, 1])], [insert([2, 2])], [change()], [insert([9, 9])]);
    await expect(apply()).rejects.toMatchObject({
      code: "diverged",
      message: expect.stringContaining(problem),
      details: { sequence: 3, gtid: "1-1-3" },
    });
    expect(await rows()).toEqual([]);
    expect(await checkpoint()).toEqual([0, ""]);
  });

  test("a log that lost records, or skips some, stops the stream", async () => {
    await feeder.transactions([insert([1, 1])], [insert([2, 2])]);
    await apply();
    await log[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    log = await openEmbeddedLog(folder, order.stream);
    await expect(apply()).rejects.toMatchObject({ code: "log-lost" });
  });

  test("a stream of an epoch that was promoted here, or is older than the present one, is refused", async () => {
    await server.query("SET sql_log_bin = 0", "INSERT INTO hotsite.authority VALUES (1, 1)");
    await expect(apply()).rejects.toMatchObject({ code: "stale-epoch" });
    await server.query("SET sql_log_bin = 0", "DELETE FROM hotsite.authority");
    await server.query(
      "SET sql_log_bin = 0",
      "INSERT INTO hotsite.checkpoint VALUES ('newer', 2, 0, '', NOW())",
    );
    await expect(apply()).rejects.toMatchObject({ code: "stale-epoch" });
  });

  test("a promotion in the middle ends the stream", async () => {
    await feeder.transactions([insert([1, 1])]);
    const stop = new AbortController();
    const processor = new Processor({
      target: {
        host: "127.0.0.1",
        port: server.port,
        user: "hotsite_applier",
        password: new Secret("secret"),
      },
      ...{ log, order, clock: systemClock, logger: silentLogger },
    });
    const running = processor.run(AbortSignal.any([signal, stop.signal]));
    await until(async () => (await rows()).length === 1, "the first row");
    await server.query("SET sql_log_bin = 0", "INSERT INTO hotsite.authority VALUES (1, 1)");
    await feeder.transactions([insert([2, 2])]);
    await expect(running).rejects.toMatchObject({ code: "stale-epoch" });
    expect(await rows()).toHaveLength(1);
  });

  test("a stream without a copy is refused where the target has written what the source does not know", async () => {
    await server.query("INSERT INTO shop.t VALUES (1, 1)");
    await expect(apply()).rejects.toMatchObject({ code: "diverged" });
    await apply({ order: orderOf({ start: String(await position()) }) });
    expect((await checkpoint())?.[0]).toBe(0);
  });

  test("two processors of one stream apply each transaction once", async () => {
    for (let id = 1; id <= 60; id += 1) await feeder.transactions([insert([id, id])]);
    await Promise.all([apply(), apply(), apply()]);
    expect(await rows()).toHaveLength(60);
    expect(await checkpoint()).toEqual([60, "1-1-60"]);
  });

  test("a killed target is awaited, and nothing is lost or doubled", async () => {
    for (let id = 1; id <= 40; id += 1) await feeder.transactions([insert([id, id])]);
    const applying = apply();
    await until(async () => (await rows()).length > 0, "the first row");
    await server.kill();
    await server.restart();
    await applying;
    expect(await rows()).toHaveLength(40);
  });

  test("a lock that somebody holds is waited for", async () => {
    await feeder.transactions([insert([1, 1])]);
    await apply();
    const holder = await server.connect();
    try {
      await holder.query("SET sql_log_bin = 0");
      await holder.query("BEGIN");
      await holder.query("SELECT * FROM shop.t WHERE id = 1 FOR UPDATE");
      await feeder.transactions([update([1, 1], [1, 2])]);
      const applying = apply();
      await Promise.race([applying, until(async () => (await waiting(server)) > 0, "a lock wait")]);
      await holder.query("ROLLBACK");
      await applying;
    } finally {
      await holder.end();
    }
    expect(await rows()).toEqual([{ id: 1, v: 2 }]);
  });

  test("a schema change is run once, also when the checkpoint was not moved before a crash", async () => {
    const wide: TableSchema = { ...plainTable, columns: [...plainTable.columns, column("w", "int")] };
    feeder = new HandFeeder(log, order, [plainTable, wide]);
    await feeder.transactions(
      [insert([1, 1])],
      [statement("ALTER TABLE t ADD COLUMN w INT DEFAULT 3")],
      [{ ...insert([2, 2, 2]), table: 1 }],
    );
    await apply();
    expect(await rows()).toEqual([
      { id: 1, v: 1, w: 3 },
      { id: 2, v: 2, w: 2 },
    ]);
    await feeder.transactions([statement("ALTER TABLE t ADD COLUMN x INT")]);
    await apply();
    await server.query("SET sql_log_bin = 0", "UPDATE hotsite.checkpoint SET sequence = 3");
    await apply();
    expect(await checkpoint()).toEqual([4, "1-1-4"]);
  });

  test("columns that the target computes itself are left to it", async () => {
    await server.query(
      "SET sql_log_bin = 0",
      "CREATE TABLE shop.g (id INT PRIMARY KEY, v INT, twice INT AS (v * 2) STORED, thrice INT AS (v * 3) VIRTUAL)",
    );
    const columns = ["id", "v", "twice", "thrice"].map((name) => column(name, "int"));
    feeder = new HandFeeder(log, order, [{ database: "shop", table: "g", columns, primaryKey: [0] }]);
    await feeder.transactions([insert([1, 1, 2, 3])], [update([1, 1, 2, 3], [1, 2, 4, 6])]);
    await apply();
    expect(await rows("shop.g")).toEqual([{ id: 1, v: 2, twice: 4, thrice: 6 }]);
  });

  test("a table with triggers is refused: they would change rows twice", async () => {
    await server.query(
      "SET sql_log_bin = 0",
      "CREATE TRIGGER shop.tr AFTER INSERT ON shop.t FOR EACH ROW SET @a = 1",
    );
    await feeder.transactions([insert([1, 1])]);
    await expect(apply()).rejects.toMatchObject({ code: "triggers" });
  });

  test("a table with other columns is refused", async () => {
    await server.query("SET sql_log_bin = 0", "ALTER TABLE shop.t ADD COLUMN extra INT");
    await feeder.transactions([insert([1, 1])]);
    await expect(apply()).rejects.toMatchObject({ code: "diverged" });
  });

  test("rows of one table that refer to each other are deleted in the source's order", async () => {
    await server.query(
      "SET sql_log_bin = 0",
      "CREATE TABLE shop.tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.tree (id))",
    );
    const columns = [column("id", "int"), column("up", "int")];
    feeder = new HandFeeder(log, order, [{ database: "shop", table: "tree", columns, primaryKey: [0] }]);
    await feeder.transactions(
      [insert([1, null], [2, 1], [3, 2])],
      [remove([3, 2], [2, 1], [1, null])],
      [insert([5, null])],
    );
    await apply();
    expect(await rows("shop.tree")).toEqual([{ id: 5, up: null }]);
  });

  test("foreign keys are not checked where the source did not check them", async () => {
    await server.query(
      "SET sql_log_bin = 0",
      "CREATE TABLE shop.child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES shop.t (id))",
    );
    const columns = [column("id", "int"), column("t", "int")];
    const child: TableSchema = { database: "shop", table: "child", columns, primaryKey: [0] };
    feeder = new HandFeeder(log, order, [child]);
    await feeder.transactions([{ ...insert([1, 99]), checks: { ...checks, foreignKeys: false } }]);
    await apply();
    expect(await rows("shop.child")).toHaveLength(1);
    await feeder.transactions([insert([2, 98])]);
    await expect(apply()).rejects.toMatchObject({ code: "diverged" });
  });

  test("a first copy replaces the database, takes changes in between, and ends with a position", async () => {
    order = orderOf({ begin: "copy", start: "1-1-0" });
    feeder = new HandFeeder(log, order);
    const schema = { database: "", sqlMode: "", collationConnection: "utf8mb4_general_ci" };
    const copy = { tables: [{ database: "shop", table: "t" }], done: 0, rows: 0, totalRows: 4 };
    await server.query("SET sql_log_bin = 0", "INSERT INTO shop.t VALUES (77, 7)");
    await feeder.batch(
      [
        {
          kind: "copy-begin",
          databases: ["shop"],
          statements: [
            { ...schema, sql: "CREATE DATABASE shop" },
            { ...schema, database: "shop", sql: "CREATE TABLE t (id INT PRIMARY KEY, v INT)" },
          ],
        },
        {
          kind: "copy-chunk",
          table: 0,
          rows: [
            [1, 1],
            [2, 2],
          ],
        },
        feeder.transaction([
          { ...update([2, 2], [2, 22]), overlap: true },
          { ...update([8, 8], [8, 88]), overlap: true },
          { ...update([1, 1], [11, 1]), overlap: true },
          { ...remove([9, 9]), overlap: true },
          { ...insert([4, 4]), overlap: true },
        ]),
      ],
      copy,
    );
    await apply();
    expect(await checkpoint()).toEqual([3, ""]);
    await feeder.batch(
      [
        {
          kind: "copy-chunk",
          table: 0,
          rows: [
            [4, 4],
            [8, 88],
          ],
        },
        { kind: "copy-table-done", database: "shop", table: "t" },
      ],
      copy,
    );
    await feeder.batch([
      {
        kind: "copy-end",
        statements: [{ ...schema, database: "shop", sql: "CREATE VIEW w AS SELECT id FROM t" }],
      },
      feeder.transaction([update([4, 4], [4, 44])]),
    ]);
    await apply();
    expect((await rows()).map(({ id, v }) => [id, v])).toEqual([
      [2, 22],
      [4, 44],
      [8, 88],
      [11, 1],
    ]);
    expect(await checkpoint()).toEqual([7, "1-1-2"]);
  });

  test("a heartbeat is told with the commit that holds it", async () => {
    const columns = [column("site", "text"), column("at_ms", "int")];
    feeder = new HandFeeder(log, order, [
      { database: "hotsite", table: "heartbeat", columns, primaryKey: [0] },
    ]);
    const east = Buffer.from("east");
    await feeder.transactions([update([east, 1000], [east, 2000])]);
    const heartbeats: (number | undefined)[] = [];
    await apply({ onApplied: (_applied, heartbeatMs) => heartbeats.push(heartbeatMs) });
    expect(heartbeats).toEqual([undefined, 2000]);
    expect(await rows("hotsite.heartbeat", "site")).toEqual([{ site: "east", at_ms: 2000 }]);
  });

  async function until(happened: () => Promise<boolean>, what: string): Promise<void> {
    await waitFor(
      async () => ((await happened().catch(() => false)) ? true : undefined),
      { timeoutMs: 20_000, intervalMs: 10, what },
      signal,
    );
  }
});

/** From the status counter: information_schema.innodb_trx answers from a cache that frequent readers keep from ever being renewed. */
async function waiting(server: MariadbServer): Promise<number> {
  const [row] = await server.query("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'");
  return Number(row?.Value);
}
