import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import type { SourceOptions } from "../../replication/source.ts";
import { verify } from "../../replication/verify.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { Bank, bankSeed } from "./bank.ts";
import { orderWest, startPair, type Pair } from "./pair.ts";
import { Random } from "./random.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(600_000);

const calm = { changing: 0, uncompared: [] };
const none = { missing: 0, surplus: 0 };

describe("the comparison of two databases", () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair([
      "CREATE DATABASE shop",
      "USE shop",
      "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50), f FLOAT, b BLOB)",
      "INSERT INTO t SELECT seq, CONCAT('row ', seq), seq / 3, REPEAT('x', seq % 9) FROM seq_1_to_5000",
      "CREATE TABLE pairs (a INT, b VARCHAR(20) CHARACTER SET latin1, n INT, PRIMARY KEY (a, b))",
      "INSERT INTO pairs SELECT seq % 70, CONCAT('ü', seq), seq FROM seq_1_to_4500",
      "CREATE TABLE empty (id INT PRIMARY KEY)",
    ]);
    await copied(pair);
  });
  afterAll(async () => pair[Symbol.asyncDispose]());

  const compare = () => compareBoth(pair);

  test("equal databases do not differ, in every table", async () => {
    expect(await compare()).toEqual([
      { table: "shop.empty", sourceRows: 0, targetRows: 0, differing: 0, ...none, keys: [], ...calm },
      { table: "shop.pairs", sourceRows: 4500, targetRows: 4500, differing: 0, ...none, keys: [], ...calm },
      { table: "shop.t", sourceRows: 5000, targetRows: 5000, differing: 0, ...none, keys: [], ...calm },
    ]);
  });

  test("rows that are being changed raise no false alarm", async () => {
    const writer = await pair.east.connect();
    const done = new AbortController();
    const writing = (async () => {
      for (let turn = 0; !done.signal.aborted; turn += 1)
        await writer.query("UPDATE shop.t SET v = ? WHERE id % 50 = ?", [`turn ${turn}`, turn % 50]);
    })();
    const differences = await compare().finally(() => done.abort());
    await writing;
    expect(differences.map(({ differing }) => differing)).toEqual([0, 0, 0]);
  });

  test("one changed bit, a missing row and a row too many are found by their keys", async () => {
    await pair.west.query(
      "SET sql_log_bin = 0",
      "UPDATE shop.t SET f = f * 1.0000002 WHERE id = 4711",
      "DELETE FROM shop.t WHERE id = 1",
      "INSERT INTO shop.t (id) VALUES (6000)",
      "UPDATE shop.pairs SET n = n + 1 WHERE n = 4500",
      "INSERT INTO shop.empty VALUES (1)",
    );
    const [empty, pairs, t] = await compare();
    expect(empty).toMatchObject({ sourceRows: 0, targetRows: 1, differing: 1, keys: ["(1)"] });
    expect(pairs).toMatchObject({
      differing: 1,
      keys: [expect.stringMatching(/^\(20,_latin1 X'fc34353030'\)$/i)],
    });
    expect(t).toMatchObject({ sourceRows: 5000, targetRows: 5000, differing: 3 });
    expect([...(t?.keys ?? [])].sort()).toEqual(["(1)", "(4711)", "(6000)"]);
  });

  test("a repair makes them equal while rows change, without a word in the target's own name", async () => {
    const writer = await pair.east.connect();
    const done = new AbortController();
    const writing = (async () => {
      for (let turn = 0; !done.signal.aborted; turn += 1)
        await writer.query("UPDATE shop.t SET v = ? WHERE id % 50 = ?", [`turn ${turn}`, 20 + (turn % 20)]);
    })();
    const own = await ownWrites(pair.west);
    const differences = await repairBoth(pair, "first").finally(() => done.abort());
    await writing;
    const empty = differences.find(({ table }) => table === "shop.empty");
    expect(empty?.repaired).toEqual({
      inserted: 0,
      deleted: 1,
      set: 0,
      left: 0,
      refused: 0,
      refusedKeys: [],
    });
    const t = differences.find(({ table }) => table === "shop.t");
    expect(t).toMatchObject({ changing: 0, repaired: { deleted: 1, left: 0, refused: 0 } });
    await reached(pair);
    expect((await compare()).map(({ differing, changing }) => differing + changing)).toEqual([0, 0, 0]);
    expect(await checksums(pair.west)).toEqual(await checksums(pair.east));
    expect(await ownWrites(pair.west)).toBe(own);
    const kept = await pair.west.query(
      "SELECT place, row_key, what, repaired_by FROM hotsite.repaired WHERE run = 'first' AND place = 'shop.empty'",
    );
    expect(kept).toEqual([{ place: "shop.empty", row_key: "(1)", what: "deleted", repaired_by: "ann" }]);
  });

  test("a table that is only on one side, or has other columns, differs", async () => {
    await pair.west.query(
      "SET sql_log_bin = 0",
      "CREATE TABLE shop.only (id INT PRIMARY KEY)",
      "ALTER TABLE shop.empty ADD COLUMN more INT",
    );
    const differences = await compare();
    expect(differences.find(({ table }) => table === "shop.only")).toMatchObject({
      keys: ["only at the target"],
    });
    expect(differences.find(({ table }) => table === "shop.empty")).toMatchObject({
      keys: ["other columns"],
    });
  });
});

const allDone = { left: 0, refused: 0, refusedKeys: [] };

/** Bits that are lost at the target without the link knowing, one a type. */
const lost = [
  "i = i + 1",
  "u = u - 1",
  "d = d + 0.01",
  "f = f * 1.0000002",
  "g = g * 1.000000000000001",
  "v = CONCAT(v, ' ')",
  "c = UPPER(c)",
  "b = CONCAT(b, '0')",
  "dt = dt + INTERVAL 1 MICROSECOND",
  "ts = ts + INTERVAL 1 SECOND",
  "ti = ti + INTERVAL 1 SECOND",
  "da = da + INTERVAL 1 DAY",
  "y = y + 1",
  "e = 'two'",
  "s = 'a,b'",
  "bi = bi ^ 1",
  "j = '[1, 3]'",
  "p = ST_GeomFromText('POINT(1 3)')",
  "n = ''",
];

describe.each([
  { source: "mysql", target: "mysql" },
  { source: "mariadb", target: "mysql" },
  { source: "mysql", target: "mariadb" },
] as const)("the comparison of $source and $target under load", ({ source, target }) => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair(
      [
        ...bankSeed,
        `CREATE TABLE typed (id BINARY(16) PRIMARY KEY, i INT, u BIGINT UNSIGNED, d DECIMAL(20,2), f FLOAT, g DOUBLE, v VARCHAR(50), c CHAR(9) CHARACTER SET latin1,
          b VARBINARY(20), dt DATETIME(6), ts TIMESTAMP NULL, ti TIME, da DATE, y YEAR, e ENUM('one','two'), s SET('a','b'), bi BIT(9), j JSON, p POINT, n TEXT, tiny FLOAT)`,
        `INSERT INTO typed WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT UNHEX(RPAD(LPAD(HEX(i), 2, '0'), 32, '0')), i, i, i, 1 / i, 1 / i, CONCAT('é', i), 'é', 'x',
          '2024-01-01 00:00:00', '2024-01-01 00:00:00', '10:00:00', '2024-01-01', 2024, 'one', 'a', 5, '[1, 2]', ST_GeomFromText('POINT(1 2)'), NULL, -1.1e-20 / i FROM n`,
        "CREATE TABLE keyless (a INT, b VARCHAR(9))",
        "INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (2, NULL)",
        "CREATE TABLE parent (id INT PRIMARY KEY, n INT)",
        "CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parent (id) ON UPDATE CASCADE ON DELETE CASCADE)",
      ],
      { source, target },
    );
    await copied(pair);
  });
  afterAll(async () => pair[Symbol.asyncDispose]());

  test("there is no false alarm while a bank works, keys move and rows cascade", async () => {
    await using bank = new Bank(pair.east, new Random(source.length + target.length));
    const writer = await pair.east.connect();
    const done = new AbortController();
    const writing = (async () => {
      for (let turn = 1; !done.signal.aborted; turn += 1) {
        const id = 1 + (turn % 20);
        await writer.query("UPDATE shop.typed SET i = i + 1, dt = NOW(6) ORDER BY v LIMIT 3");
        await writer.query(`INSERT INTO shop.keyless VALUES (${turn}, 'n')`);
        await writer.query(`REPLACE INTO shop.parent VALUES (${id}, ${turn})`);
        await writer.query(`REPLACE INTO shop.child VALUES (${turn}, ${id})`);
        await writer.query(`UPDATE shop.parent SET id = id + 1000 WHERE id = ${id}`);
        await writer.query(`DELETE FROM shop.parent WHERE id = ${id + 1000}`);
      }
    })();
    try {
      await bank.more(20, signal);
      const found = await compareBoth(pair);
      expect(found.filter(({ differing }) => differing > 0)).toEqual([]);
    } finally {
      done.abort();
      await writing;
    }
  });

  test("one lost bit of each type is found by its key, and nothing else", async () => {
    const { position } = await pair.eastDatabase.state(signal);
    await pair.gateway.reach(position, 60_000, signal);
    const typed = await pair.west.query("SELECT HEX(id) AS id FROM shop.typed ORDER BY v");
    const ids = typed.map((row) => String(row["id"]));
    await pair.west.query(
      "SET sql_log_bin = 0, sql_mode = ''",
      ...lost.map((change, place) => `UPDATE shop.typed SET ${change} WHERE id = X'${ids[place] ?? ""}'`),
      "UPDATE shop.keyless SET b = 'A' WHERE a = 1 LIMIT 1",
    );
    const found = await compareBoth(pair);
    const typedFound = found.find(({ table }) => table === "shop.typed");
    const expected = ids.slice(0, lost.length);
    const keys = typedFound?.keys.map((key) => /X'([0-9a-f]+)'/i.exec(key)?.[1]?.toUpperCase());
    expect([...(keys ?? [])].sort()).toEqual([...expected].sort());
    expect(typedFound?.uncompared).toEqual([]);
    const keyless = found.find(({ table }) => table === "shop.keyless");
    expect(keyless).toMatchObject({ differing: 1, changing: 0 });
    const others = found.filter(({ table }) => !["shop.typed", "shop.keyless"].includes(table));
    expect(others.map(({ differing, changing }) => differing + changing)).toEqual(others.map(() => 0));
  });

  test("a repair mends them, and the servers give the same rows", async () => {
    const repaired = (await repairBoth(pair, "bits")).filter((table) => table.repaired !== undefined);
    expect(repaired.map(({ table, repaired: done }) => [table, done])).toEqual([
      ["shop.keyless", { inserted: 0, deleted: 1, set: 1, ...allDone }],
      ["shop.typed", { inserted: 0, deleted: 0, set: lost.length, ...allDone }],
    ]);
    expect((await compareBoth(pair)).filter(({ differing, changing }) => differing + changing > 0)).toEqual(
      [],
    );
    const read = `SELECT HEX(id), i, u, d, f * 1e0, g, HEX(v), HEX(c), HEX(b), dt, ts, ti, da, y, e, s, HEX(bi), ST_AsText(p), n
      FROM shop.typed ORDER BY id`;
    expect(await pair.west.query(read)).toEqual(await pair.east.query(read));
    const counts = "SELECT a, b, COUNT(*) FROM shop.keyless GROUP BY a, BINARY b, b ORDER BY a, BINARY b";
    expect(await pair.west.query(counts)).toEqual(await pair.east.query(counts));
  });

  test("unique values exchanged in a circle, a key in other letters and a parent that is missing are repaired", async () => {
    await pair.east.query(
      "USE shop",
      `CREATE TABLE circle (id INT PRIMARY KEY, u VARCHAR(20) UNIQUE, g INT AS (id * 2) STORED, parent INT,
        FOREIGN KEY (parent) REFERENCES circle (id) ON DELETE CASCADE)`,
      `INSERT INTO circle (id, u, parent) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        SELECT i, CONCAT('u', i), NULLIF(1, i) FROM n`,
      "CREATE TABLE word (w VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, n INT)",
      "INSERT INTO word VALUES ('one', 1), ('two', 2)",
    );
    await reached(pair);
    await pair.west.query(
      "SET sql_log_bin = 0, foreign_key_checks = 0",
      "UPDATE shop.circle SET u = CONCAT('v', id)",
      "UPDATE shop.circle SET u = CONCAT('u', id % 900 + 1)",
      "DELETE FROM shop.circle WHERE id = 1",
      "UPDATE shop.word SET w = 'ONE' WHERE n = 1",
    );
    const repaired = await repairBoth(pair, "circle");
    const of = (name: string) => repaired.find(({ table }) => table === name)?.repaired;
    expect(of("shop.circle")).toEqual({ inserted: 1, deleted: 0, set: 899, ...allDone });
    expect(of("shop.word")).toEqual({ inserted: 1, deleted: 1, set: 0, ...allDone });
    for (const sql of ["SELECT * FROM shop.circle ORDER BY id", "SELECT w, n FROM shop.word ORDER BY n"])
      expect(await pair.west.query(sql)).toEqual(await pair.east.query(sql));
  });

  const once = source === target ? test : test.skip;
  once("a link that stopped at a row that is not there goes on after a repair", async () => {
    await pair.west.query(
      "SET sql_log_bin = 0",
      "DELETE FROM shop.typed WHERE v = 'é40'",
      "DELETE FROM shop.word",
    );
    await pair.east.query(
      "UPDATE shop.typed SET i = 41000 WHERE v = 'é40'",
      "UPDATE shop.word SET n = 3 WHERE n = 2",
      "UPDATE shop.typed SET n = 'new' WHERE i = 41000",
    );
    await waitFor(
      async () => ((await pair.gateway.status(signal))?.state === "failed" ? true : undefined),
      { timeoutMs: 60_000, what: "the link to stop" },
      signal,
    );
    const repaired = await repairBoth(pair, "stopped");
    expect(repaired.find(({ table }) => table === "shop.typed")?.repaired).toMatchObject({
      inserted: 1,
      ...allDone,
    });
    await pair.gateway.goOn(signal);
    await reached(pair);
    expect((await compareBoth(pair)).filter(({ differing, changing }) => differing + changing > 0)).toEqual(
      [],
    );
  });
});

/** What the server has written in its own name. */
async function ownWrites(server: DatabaseServer): Promise<string> {
  const position = await server.position();
  return position.split(",").find((part) => part.startsWith("2-")) ?? "";
}

async function checksums(server: DatabaseServer): Promise<unknown> {
  return server.query("CHECKSUM TABLE shop.t, shop.pairs, shop.empty EXTENDED");
}

async function reached({ eastDatabase, gateway }: Pair): Promise<void> {
  const { position } = await eastDatabase.state(signal);
  await gateway.reach(position, 60_000, signal);
}

async function copied(pair: Pair): Promise<void> {
  pair.startGateway();
  await waitFor(
    () => pair.gateway.status(signal).then(() => true),
    { timeoutMs: 30_000, what: "the gateway" },
    signal,
  );
  await pair.gateway.start(orderWest(), signal);
  await waitFor(
    async () => ((await pair.gateway.status(signal))?.state === "streaming" ? true : undefined),
    { timeoutMs: 60_000, what: "the copy" },
    signal,
  );
}

function compareBoth({ east, west }: Pair) {
  const sides = { source: optionsOf("east", east), target: optionsOf("west", west) };
  return verify({ ...sides, databases: ["shop"], clock: systemClock }, signal);
}

function repairBoth({ east, west }: Pair, run: string) {
  const sides = { source: optionsOf("east", east), target: optionsOf("west", west) };
  const applier = { ...sides.target, user: "hotsite_applier", password: new Secret("secret") };
  const repair = { run, by: "ann", target: applier };
  return verify({ ...sides, databases: ["shop"], clock: systemClock, repair }, signal);
}

function optionsOf(site: string, { root }: DatabaseServer): SourceOptions {
  return { site, host: root.host, port: root.port, user: root.user, password: new Secret("") };
}
