import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Log } from "../../core/log.ts";
import type { CopyStatus } from "../../core/protection.ts";
import type { Row } from "../../replication/record.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import {
  awaitCaughtUp,
  awaitRecord,
  batchesOf,
  createOwnSchema,
  MemoryTarget,
  numbers,
  recordsOf,
  selectAll,
  startFeeder,
  stopFeeders,
  temporaryLog,
} from "./feeder-support.ts";

let server: DatabaseServer;

async function prepare(): Promise<void> {
  await createOwnSchema(server);
  await server.query(
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE TABLE shop.a_item (id INT PRIMARY KEY AUTO_INCREMENT, owner INT, v INT, pad VARCHAR(600))",
    "CREATE TABLE shop.b_owner (id INT PRIMARY KEY, v INT)",
    "ALTER TABLE shop.a_item ADD FOREIGN KEY (owner) REFERENCES shop.b_owner (id)",
    "CREATE TABLE shop.c_words (word VARCHAR(20) COLLATE utf8mb4_general_ci, n INT, v INT, PRIMARY KEY (word, n))",
    `INSERT INTO shop.b_owner SELECT seq, 0 FROM ${numbers(500)}`,
    `INSERT INTO shop.a_item (owner, v, pad) SELECT 1 + seq % 500, 0, REPEAT(SHA2(seq, 256), 8) FROM ${numbers(10000)}`,
    `INSERT INTO shop.c_words SELECT CONCAT('É', seq % 7, CHAR(64 + seq % 50)), seq, 0 FROM ${numbers(6000)}`,
    "ANALYZE TABLE shop.a_item, shop.b_owner, shop.c_words",
    "CREATE VIEW shop.v AS SELECT id FROM shop.b_owner",
    "CREATE VIEW shop.a_w AS SELECT id FROM shop.v",
  );
}

afterEach(stopFeeders);

/** Writers of all kinds that go on until told otherwise. */
function writeMeanwhile(): { stop(): Promise<number> } {
  let [going, count] = [true, 0];
  const work = async (lane: number): Promise<void> => {
    const connection = await server.connect({ database: "shop" });
    for (let i = 0; going; i += 1) {
      const n = (i * 7919 + lane * 104729) % 10_000;
      const word = `É${n % 7}${String.fromCharCode(64 + (n % 50))}`;
      await connection.query("UPDATE a_item SET v = v + 1 WHERE id = ?", [n]);
      await connection.query("DELETE FROM a_item WHERE id = ?", [(n * 31) % 10_000]);
      await connection.query("INSERT INTO a_item (owner, v, pad) VALUES (?, ?, 'new')", [1 + (n % 500), i]);
      await connection.query("UPDATE b_owner SET v = v + 1 WHERE id = ?", [1 + (n % 500)]);
      await connection.query(
        "UPDATE c_words SET n = n + 100000, v = v + 1 WHERE word = ? AND n < 100000 LIMIT 1",
        [word],
      );
      // A row that moves from a piece of the copy that is there to one that is still to come, or back.
      await connection.query("UPDATE a_item SET id = -id WHERE id = ?", [(n * 17) % 10_000]);
      await connection.query("UPDATE a_item SET id = -id, v = v + 1 WHERE id < 0 ORDER BY id LIMIT 1");
      count += 7;
    }
    await connection.end();
  };
  const lanes = [work(1), work(2)];
  return {
    async stop() {
      going = false;
      await Promise.all(lanes);
      return count;
    },
  };
}

function sorted(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

/** What a person sees of a copy: never less than before, and a speed from which the time that is left follows. */
function expectProgress(copies: readonly CopyStatus[]): void {
  const rows = copies.map((copy) => copy.rows);
  expect(rows).toEqual([...rows].sort((a, b) => a - b));
  expect(copies.every((copy) => copy.rows <= copy.totalRows && copy.restarts === undefined)).toBe(true);
  const last = copies.at(-1);
  expect(last?.rows).toBeGreaterThan(10_000);
  expect(last?.rowsPerSecond).toBeGreaterThan(0);
}

async function expectEqual(log: Log): Promise<void> {
  const target = new MemoryTarget().applyAll(await batchesOf(log));
  expect(target.problems).toEqual([]);
  expect(target.complete).toBe(true);
  for (const table of ["a_item", "b_owner", "c_words"])
    expect(sorted(target.rows("shop", table))).toEqual(sorted((await selectAll(server, "shop", table)).rows));
}

const servers: readonly (readonly [string, () => Promise<DatabaseServer>])[] = [
  ["MariaDB", () => startMariadb({ serverId: 101, domain: 1 })],
  ["MySQL", () => startMysql({ serverId: 101 })],
];

describe.each(servers)("a first copy from %s", (_, start) => {
  beforeAll(async () => {
    server = await start();
    await prepare();
  }, 60_000);

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test("gives exactly the source's rows while they are written all the time, without a lock", async () => {
    await using log = await temporaryLog();
    const writers = writeMeanwhile();
    const feeder = startFeeder(server, log, ["shop"]);
    await awaitRecord(log, "the copy's end", ({ kind }) => kind === "copy-end");
    expect(await writers.stop()).toBeGreaterThan(50);
    await awaitCaughtUp(server, log);
    await feeder.stop();
    await expectEqual(log);
    expectProgress(feeder.copies);
  }, 60_000);

  test("goes on after a stop at each of its chunks", async () => {
    await using log = await temporaryLog();
    const writers = writeMeanwhile();
    let [stops, complete] = [0, false];
    for (; !complete && stops < 200; stops += 1) {
      const before = (await log.tail())?.last ?? 0;
      const feeder = startFeeder(server, log, ["shop"]);
      await awaitRecord(log, "another chunk", ({ kind, seq }) => {
        complete ||= kind === "copy-end";
        return complete || (seq > before && kind.startsWith("copy-"));
      });
      await feeder.stop();
    }
    await writers.stop();
    const last = startFeeder(server, log, ["shop"]);
    await awaitCaughtUp(server, log);
    await last.stop();
    expect(stops).toBeGreaterThan(2);
    await expectEqual(log);
  }, 120_000);

  test("sends parents before children and views last", async () => {
    await using log = await temporaryLog();
    const feeder = startFeeder(server, log, ["shop"]);
    await awaitRecord(log, "the copy's end", ({ kind }) => kind === "copy-end");
    await feeder.stop();
    const records = (await batchesOf(log)).flatMap(({ records: list }) => list);
    expect(records.flatMap((record) => (record.kind === "copy-table-done" ? [record.table] : []))).toEqual([
      "b_owner",
      "c_words",
      "a_item",
      "ledger",
    ]);
    expect(
      records.flatMap((record) =>
        record.kind === "copy-end"
          ? record.statements.map(({ sql }) =>
              / VIEW `\w+`.`(\w+)`| VIEW `(\w+)`/.exec(sql)?.slice(1).join(""),
            )
          : [],
      ),
    ).toEqual(["v", "a_w"]);
  }, 60_000);

  test("begins again by itself when the schema is changed meanwhile", async () => {
    await using log = await temporaryLog();
    await server.query(
      `INSERT INTO shop.a_item (owner, v, pad) SELECT 1 + seq % 500, 0, REPEAT(SHA2(seq, 256), 8) FROM ${numbers(20000)}`,
    );
    const feeder = startFeeder(server, log, ["shop"]);
    await awaitRecord(log, "the copy's beginning", ({ kind }) => kind === "copy-begin");
    await server.query("ALTER TABLE shop.b_owner ADD COLUMN more INT");
    await server.query("CREATE TABLE shop.d_new (id INT PRIMARY KEY)", "INSERT INTO shop.d_new VALUES (1)");
    await awaitRecord(log, "the copy's end", ({ kind }) => kind === "copy-end", 60_000);
    await awaitCaughtUp(server, log, 30_000);
    await feeder.stop();
    const kinds = (await recordsOf(log)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "copy-begin").length).toBeGreaterThan(1);
    expect(feeder.copies.at(-1)?.restarts).toBeGreaterThan(0);
    await expectEqual(log);
    const target = new MemoryTarget().applyAll(await batchesOf(log));
    expect(target.rows("shop", "d_new")).toEqual([[1]]);
  }, 120_000);
});
