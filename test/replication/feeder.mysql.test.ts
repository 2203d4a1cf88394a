import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import { badPath } from "../support/bad-path.ts";
import { startMariadb, type MariadbServer } from "../support/mariadb.ts";
import {
  awaitCaughtUp,
  awaitRecord,
  batchesOf,
  createOwnSchema,
  MemoryTarget,
  recordsOf,
  sourceOptions,
  startFeeder,
  stopFeeders,
  temporaryLog,
} from "./feeder-support.ts";
import { expectNoLeaks, expectStopAtBorder } from "./selection-leaks.ts";

let server: MariadbServer;

beforeAll(async () => {
  server = await startMariadb({ serverId: 101, domain: 1 });
  await createOwnSchema(server);
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

afterEach(stopFeeders);

beforeEach(async () => {
  await server.query(
    "DROP DATABASE IF EXISTS shop",
    "DROP DATABASE IF EXISTS other",
    "CREATE DATABASE shop",
    "CREATE DATABASE other",
  );
});

async function position(): Promise<string> {
  const [row] = await server.query("SELECT @@gtid_binlog_pos AS position");
  return String(row?.["position"]);
}

describe("a feeder", () => {
  test("puts nothing into the log that is to stay behind: tables, columns, their texts and defaults", async () => {
    await expectNoLeaks(server);
  }, 90_000);

  test("stops before a table that is left out gets a name that is replicated", async () => {
    await expectStopAtBorder(server);
  }, 30_000);

  test("goes on where the log ends, without gap or duplicate, however often it is stopped", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)");
    const start = await position();
    for (let round = 0; round < 5; round += 1) {
      const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
      await server.query(
        `INSERT INTO shop.t VALUES (${2 * round}, 1), (${2 * round + 1}, 1)`,
        `UPDATE shop.t SET v = v + 1 WHERE id < ${round}`,
        "DELETE FROM shop.t WHERE id = 3",
      );
      await awaitCaughtUp(server, log);
      await feeder.stop();
    }
    const target = new MemoryTarget().applyAll(await batchesOf(log));
    expect(target.problems).toEqual([]);
    const rows = await server.query("SELECT id, v FROM shop.t ORDER BY id");
    expect(
      target
        .rows("shop", "t")
        .map(([id, v]) => ({ id, v }))
        .sort((a, b) => Number(a.id) - Number(b.id)),
    ).toEqual(rows);
  }, 30_000);

  test("carries a transaction that touches nothing replicated as an empty one, so that positions stay comparable", async () => {
    await using log = await temporaryLog();
    const start = await position();
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await server.query(
      "CREATE TABLE other.t (id INT PRIMARY KEY)",
      "INSERT INTO other.t VALUES (1)",
      "CREATE USER u@localhost",
      "DROP USER u@localhost",
    );
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const changes = (await recordsOf(log)).flatMap((record) =>
      record.kind === "transaction" ? record.changes : [],
    );
    expect(changes.filter(({ kind }) => kind === "statement")).toEqual([]);
    expect(
      (await batchesOf(log))
        .flatMap(({ tables }) => tables.map(({ database }) => database))
        .filter((name) => name !== "hotsite"),
    ).toEqual([]);
  }, 30_000);

  test("passes over what came to the source by replication", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    const start = await position();
    await server.query(
      "SET gtid_domain_id = 2, server_id = 202, gtid_seq_no = 77",
      "INSERT INTO shop.t VALUES (5)",
    );
    await server.query("INSERT INTO shop.t VALUES (6)");
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const target = new MemoryTarget().applyAll(await batchesOf(log));
    expect(target.rows("shop", "t")).toEqual([[6]]);
    expect((await batchesOf(log)).at(-1)?.position).toMatch(/2-202-77/);
  }, 30_000);

  test("carries DDL with its session, in order with the rows around it", async () => {
    await using log = await temporaryLog();
    const start = await position();
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await server.query(
      "USE shop",
      "SET sql_mode = 'ANSI_QUOTES', foreign_key_checks = 0",
      `CREATE TABLE "t" (id INT PRIMARY KEY, é DATETIME DEFAULT '2020-01-01')`,
      "INSERT INTO t (id) VALUES (1)",
      "ALTER TABLE t ADD COLUMN more INT DEFAULT 5 FIRST",
      "INSERT INTO t (id) VALUES (2)",
    );
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const changes = (await recordsOf(log))
      .flatMap((record) => (record.kind === "transaction" ? record.changes : []))
      .filter((change) => change.kind === "statement" || change.overlap === undefined);
    expect(changes.map(({ kind }) => kind)).toEqual(["statement", "insert", "statement", "insert"]);
    expect(changes[0]).toMatchObject({
      database: "shop",
      sqlMode: 4,
      checks: { foreignKeys: false, unique: true, constraints: true },
    });
    expect(changes[0]).toMatchObject({
      sql: `CREATE TABLE "t" (id INT PRIMARY KEY, é DATETIME DEFAULT '2020-01-01')`,
    });
    expect(changes[3]).toMatchObject({ rows: [[5, 2, "2020-01-01 00:00:00"]] });
  }, 30_000);

  test("gives a large transaction in parts, again from the first after it was stopped in the middle", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY, pad VARCHAR(1000))");
    const start = await position();
    await server.query("INSERT INTO shop.t SELECT seq, REPEAT(MD5(seq), 25) FROM shop.seq_1_to_5000");
    const first = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitRecord(log, "a first part", (record) => record.kind === "transaction" && !record.last);
    await first.stop();
    const second = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitCaughtUp(server, log);
    await second.stop();
    const target = new MemoryTarget().applyAll(await batchesOf(log));
    expect(target.problems).toEqual([]);
    expect(target.rows("shop", "t").length).toBe(5000);
  }, 30_000);

  test("survives the source's SIGKILL and goes on by itself", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start: await position() });
    await server.query("INSERT INTO shop.t VALUES (1)");
    await awaitCaughtUp(server, log);
    await server.kill();
    await server.restart();
    await server.query("FLUSH LOGS", "INSERT INTO shop.t VALUES (2)");
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const target = new MemoryTarget().applyAll(await batchesOf(log));
    expect([target.problems, target.rows("shop", "t")]).toEqual([[], [[1], [2]]]);
  }, 60_000);

  test("finds a connection that is dead without a word, and goes on over another one", async () => {
    await using log = await temporaryLog();
    await using path = await badPath(server.port);
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    const source = { ...sourceOptions(server), port: path.port };
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start: await position(), source });
    await server.query("INSERT INTO shop.t VALUES (1)");
    await awaitCaughtUp(server, log);
    path.stall();
    await server.query("INSERT INTO shop.t VALUES (2)");
    await awaitCaughtUp(server, log, 25_000);
    await feeder.stop();
    expect(new MemoryTarget().applyAll(await batchesOf(log)).rows("shop", "t")).toEqual([[1], [2]]);
  }, 40_000);

  test("refuses a source that does not have what was replicated from it", async () => {
    await using log = await temporaryLog();
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start: "1-101-999999" });
    expect(await feeder.failure).toMatchObject({ code: "diverged" });
  }, 30_000);

  test("refuses a source that has thrown away what it needs", async () => {
    await using log = await temporaryLog();
    const start = await position();
    await server.query(
      "CREATE TABLE shop.t (id INT PRIMARY KEY)",
      "FLUSH LOGS",
      "INSERT INTO shop.t VALUES (1)",
      "FLUSH LOGS",
    );
    const [last] = (await server.query("SHOW BINARY LOGS")).slice(-1);
    await server.query(`PURGE BINARY LOGS TO '${String(last?.["Log_name"])}'`);
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    expect(await feeder.failure).toMatchObject({ code: "source-refused" });
  }, 30_000);

  test.each([
    [
      "a row that was written without all of its columns",
      ["SET binlog_row_image = MINIMAL", "UPDATE shop.t SET v = 2"],
      /without column/,
    ],
    [
      "a statement instead of rows",
      ["SET binlog_format = STATEMENT", "UPDATE shop.t SET v = 3"],
      /stops the link/,
    ],
    ["a table that keeps its history", ["ALTER TABLE shop.t ADD SYSTEM VERSIONING"], /versioned/],
    ["a statement across databases", ["RENAME TABLE shop.t TO other.t"], /replicated/],
  ])(
    "stops at %s, and says where",
    async (_, statements, problem) => {
      await using log = await temporaryLog();
      await server.query(
        "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)",
        "INSERT INTO shop.t VALUES (1, 1)",
      );
      const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start: await position() });
      await server.query(...statements);
      const failure = await feeder.failure;
      expect(failure).toBeInstanceOf(HotsiteError);
      expect((failure as HotsiteError).message).toMatch(problem);
      expect((failure as HotsiteError).hint ?? (failure as HotsiteError).message).toBeTruthy();
    },
    30_000,
  );
});
