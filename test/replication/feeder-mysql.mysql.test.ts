import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Change } from "../../replication/record.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMysql } from "../support/mysql.ts";
import {
  awaitCaughtUp,
  awaitRecord,
  batchesOf,
  createOwnSchema,
  MemoryTarget,
  numbers,
  recordsOf,
  startFeeder,
  stopFeeders,
  temporaryLog,
} from "./feeder-support.ts";
import { expectNoLeaks, expectStopAtBorder } from "./selection-leaks.ts";

let server: DatabaseServer;

beforeAll(async () => {
  server = await startMysql({ serverId: 101, extra: ["--max-allowed-packet=256M"] });
  await createOwnSchema(server);
}, 120_000);

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

async function targetOf(log: Log): Promise<MemoryTarget> {
  return new MemoryTarget().applyAll(await batchesOf(log));
}

/** What concerns the application. */
async function changesOf(log: Log): Promise<readonly Change[]> {
  const changes = (await recordsOf(log)).flatMap((record) =>
    record.kind === "transaction" ? record.changes : [],
  );
  return changes.filter((change) => change.kind === "statement" || change.overlap === undefined);
}

const foreign = "aaaaaaaa-2222-3333-4444-555555555555";

describe("a feeder of a MySQL", () => {
  test("puts nothing into the log that is to stay behind: tables, columns, their texts and defaults", async () => {
    await expectNoLeaks(server);
  }, 90_000);

  test("stops before a table that is left out gets a name that is replicated", async () => {
    await expectStopAtBorder(server);
  }, 30_000);

  test("goes on where the log ends, without gap or duplicate, over SIGKILL and new files", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)");
    const start = await server.position();
    for (let round = 0; round < 4; round += 1) {
      const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
      await server.query(
        ...(round % 2 === 0 ? [] : ["SET binlog_transaction_compression = ON", "FLUSH BINARY LOGS"]),
        `INSERT INTO shop.t VALUES (${2 * round}, 1), (${2 * round + 1}, 1)`,
        `UPDATE shop.t SET v = v + 1 WHERE id < ${round}`,
        "DELETE FROM shop.t WHERE id = 3",
      );
      await awaitCaughtUp(server, log);
      if (round === 2) {
        await server.kill();
        await server.restart();
        await server.query("INSERT INTO shop.t VALUES (100, 1)");
        await awaitCaughtUp(server, log);
      }
      await feeder.stop();
    }
    const target = await targetOf(log);
    expect(target.problems).toEqual([]);
    const rows = (await server.query("SELECT id, v FROM shop.t ORDER BY id")).map(({ id, v }) => [id, v]);
    expect([...target.rows("shop", "t")].sort(([a], [b]) => Number(a) - Number(b))).toEqual(rows);
  }, 90_000);

  test("carries transactions with a tag and passes over what another server wrote, compressed or not", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY)");
    const start = await server.position();
    await server.query(
      "SET gtid_next = 'AUTOMATIC:shop_1'",
      "INSERT INTO shop.t VALUES (1)",
      `SET gtid_next = '${foreign}:5'`,
      "INSERT INTO shop.t VALUES (2)",
      "SET gtid_next = 'AUTOMATIC', binlog_transaction_compression = ON",
      `SET gtid_next = '${foreign}:tag:7'`,
      "INSERT INTO shop.t VALUES (3)",
      "SET gtid_next = 'AUTOMATIC'",
      "INSERT INTO shop.t VALUES (4)",
    );
    const first = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitCaughtUp(server, log);
    await first.stop();
    const second = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await server.query("INSERT INTO shop.t VALUES (5)");
    await awaitCaughtUp(server, log);
    await second.stop();
    const target = await targetOf(log);
    expect([target.problems, target.rows("shop", "t")]).toEqual([[], [[1], [4], [5]]]);
    expect(target.gtids.filter((gtid) => gtid.includes(":shop_1:"))).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}:shop_1:1$/),
    ]);
  }, 60_000);

  test("tells once of a row that a cascade of its own statement has deleted already, each time", async () => {
    await using log = await temporaryLog();
    await server.query(
      "CREATE TABLE shop.p (id INT PRIMARY KEY)",
      "CREATE TABLE shop.c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES shop.p (id) ON DELETE CASCADE)",
    );
    const start = await server.position();
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    const both = [
      "INSERT INTO p VALUES (1), (2)",
      "INSERT INTO c VALUES (1, 1), (2, 1), (3, 2)",
      "DELETE p, c FROM p JOIN c ON c.p = p.id WHERE p.id = 1",
      "DELETE p, c FROM p JOIN c ON c.p = p.id WHERE p.id = 2",
    ];
    await server.query("USE shop", ...both, "BEGIN", ...both, ...both, "COMMIT");
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const target = await targetOf(log);
    expect(target.problems).toEqual([]);
    for (const table of ["p", "c"]) expect(target.rows("shop", table)).toEqual([]);
  }, 60_000);

  test("carries DDL with its session, in order with the rows around it", async () => {
    await using log = await temporaryLog();
    const start = await server.position();
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await server.query(
      "USE shop",
      "SET sql_mode = 'ANSI_QUOTES', foreign_key_checks = 0, default_collation_for_utf8mb4 = 'utf8mb4_general_ci'",
      "SET explicit_defaults_for_timestamp = 0, time_zone = '+05:00'",
      `CREATE TABLE "t" (id INT PRIMARY KEY, é DATETIME DEFAULT '2020-01-01', ts TIMESTAMP NULL)`,
      "INSERT INTO t (id) VALUES (1)",
      "ALTER TABLE t ADD COLUMN more INT DEFAULT 5 FIRST, ALGORITHM = INPLACE",
      "INSERT INTO t (id) VALUES (2)",
      "CREATE TEMPORARY TABLE passing (id INT)",
      "DROP TEMPORARY TABLE passing",
      "CREATE USER u@localhost",
      "DROP USER u@localhost",
      "CREATE TABLE other.t (id INT PRIMARY KEY)",
    );
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const changes = await changesOf(log);
    expect(changes.map(({ kind }) => kind)).toEqual(["statement", "insert", "statement", "insert"]);
    expect(changes[0]).toMatchObject({
      ...{ database: "shop", sqlMode: 4, explicitTimestamps: false, collationUtf8mb4: 45 },
      checks: { foreignKeys: false, unique: true, constraints: true },
      sql: expect.stringContaining(`CREATE TABLE "t" (id INT PRIMARY KEY, é DATETIME`),
    });
    expect(changes[3]).toMatchObject({ rows: [[5, 2, "2020-01-01 00:00:00", null]] });
  }, 60_000);

  test("finds a row by a key that is generated and invisible, and tells no hidden column of an index", async () => {
    await using log = await temporaryLog();
    const start = await server.position();
    await server.query(
      "SET sql_generate_invisible_primary_key = ON",
      "CREATE TABLE shop.keyless (v JSON, KEY ((CAST(v->'$.a' AS UNSIGNED ARRAY))), KEY ((ABS(v->'$.b'))))",
      `INSERT INTO shop.keyless VALUES ('{"a": [1, 2], "b": -3}')`,
      "UPDATE shop.keyless SET v = '[1.0]'",
    );
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitCaughtUp(server, log);
    await feeder.stop();
    const target = await targetOf(log);
    expect([target.problems, target.rows("shop", "keyless")]).toEqual([[], [[1, "[1.0]"]]]);
  }, 60_000);

  test("gives a large compressed transaction in parts, again from the first after it was stopped in the middle", async () => {
    await using log = await temporaryLog();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY, pad VARCHAR(2000))");
    const start = await server.position();
    await server.query(
      "SET binlog_transaction_compression = ON",
      `INSERT INTO shop.t SELECT seq, REPEAT(SHA2(seq, 256), 30) FROM ${numbers(5000)}`,
    );
    const first = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitRecord(log, "a first part", (record) => record.kind === "transaction" && !record.last);
    await first.stop();
    const second = startFeeder(server, log, ["shop"], { begin: "stream", start });
    await awaitCaughtUp(server, log);
    await second.stop();
    const target = await targetOf(log);
    expect([target.problems, target.rows("shop", "t").length]).toEqual([[], 5000]);
  }, 60_000);

  test("refuses a source that does not have what was replicated from it", async () => {
    await using log = await temporaryLog();
    const [row] = await server.query("SELECT @@server_uuid AS uuid");
    const start = `${String(row?.["uuid"])}:1-999999`;
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    expect(await feeder.failure).toMatchObject({ code: "diverged" });
  }, 60_000);

  test("refuses a source that has purged what it needs, and says what", async () => {
    await using log = await temporaryLog();
    const start = await server.position();
    await server.query("CREATE TABLE shop.t (id INT PRIMARY KEY)", "FLUSH BINARY LOGS");
    const [last] = (await server.query("SHOW BINARY LOGS")).slice(-1);
    await server.query(`PURGE BINARY LOGS TO '${String(last?.["Log_name"])}'`);
    const feeder = startFeeder(server, log, ["shop"], { begin: "stream", start });
    expect(await feeder.failure).toMatchObject({
      code: "source-refused",
      message: expect.stringMatching(/has purged [0-9a-f-]{36}:\d+ from its binlog/),
      hint: expect.stringContaining("new first copy"),
    });
  }, 60_000);

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
    [
      "an update of a part of a JSON document",
      ["SET binlog_row_value_options = PARTIAL_JSON", "UPDATE shop.t SET j = JSON_SET(j, '$.a', 2)"],
      /part of a JSON document/,
    ],
    ["a statement across databases", ["RENAME TABLE shop.t TO other.t"], /replicated/],
  ])(
    "stops at %s, and says where",
    async (_, statements, problem) => {
      await using log = await temporaryLog();
      await server.query(
        "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT, j JSON, pad LONGTEXT)",
        `INSERT INTO shop.t VALUES (1, 1, '{"a": 1, "b": "${"x".repeat(200)}"}', '')`,
      );
      const feeder = startFeeder(server, log, ["shop"], {
        ...{ begin: "stream", start: await server.position() },
      });
      await server.query(...statements);
      const failure = await feeder.failure;
      expect(failure).toBeInstanceOf(HotsiteError);
      expect((failure as HotsiteError).message).toMatch(problem);
      expect((failure as HotsiteError).message).toMatch(/at [0-9a-f-]{36}:\d+ \(binlog\.\d+ before \d+\)/);
      expect((failure as HotsiteError).hint).toBeTruthy();
    },
    60_000,
  );
});
