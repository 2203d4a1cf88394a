import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { followOddDefaults } from "./odd-defaults.ts";
import { ServerLink } from "./server-link.ts";

jest.setTimeout(90_000);
let link: ServerLink;

beforeEach(async () => {
  link = await ServerLink.start(["shop"]);
  await link.east.query("CREATE DATABASE shop");
});
afterEach(async () => link[Symbol.asyncDispose]());

/** Of every version, and the server keeps them in different orders. */
const uuid = `INSERT(INSERT(HEX(RANDOM_BYTES(16)), 13, 1, ELT(1 + seq % 8, 1, 2, 3, 4, 5, 6, 7, 8)), 17, 1, ELT(1 + seq % 4, 8, 9, 'a', 'b'))`;

/** Makes the tables, copies them, then runs the statements while the link follows. */
async function follow(before: readonly string[], after: readonly string[]): Promise<void> {
  const writer = await link.east.connect({ database: "shop" });
  for (const sql of before) await writer.query(sql);
  link.run();
  await link.reach();
  await link.expectEqual();
  for (const sql of after) await writer.query(sql);
  await link.reach();
  await link.expectEqual();
}

describe("a link", () => {
  test("stops at a table that cannot be carried, however many statements come before it", async () => {
    link.run();
    await link.reach();
    const writer = await link.east.connect({ database: "shop" });
    for (let index = 0; index < 30; index += 1)
      await writer.query(`CREATE TABLE t${index} (id INT PRIMARY KEY)`);
    await link.reach();
    await writer.query("CREATE TABLE other (id INT PRIMARY KEY) ENGINE = Aria");
    expect((await link.failure()).message).toContain("source: table shop.other");
  });

  test("copies and follows servers whose defaults cut answers short, hide keys, make other engines and commit otherwise", () =>
    followOddDefaults(link));
});

describe("a link carries", () => {
  test("types that the binlog shows as mere bytes: UUID, INET4, INET6, compressed columns", async () => {
    const values = (from: number, to: number): string =>
      `SELECT UUID(), CONCAT('::', HEX(seq % 60000)), CONCAT('10.0.', seq % 250, '.0'), REPEAT('é', seq), REPEAT(X'FF00', seq),
         IF(seq % 3 = 0, NULL, REPEAT('a', seq)), seq FROM seq_${from}_to_${to}`;
    await follow(
      [
        `CREATE TABLE t (u UUID, i6 INET6, i4 INET4, c VARCHAR(1000) COMPRESSED, b BLOB COMPRESSED,
           tt LONGTEXT COMPRESSED CHARACTER SET latin1, n INT, PRIMARY KEY (u, i6))`,
        `INSERT INTO t ${values(1, 300)}`,
      ],
      [
        `INSERT INTO t ${values(301, 400)}`,
        `INSERT INTO t (u, i6) VALUES ('00000000-0000-0000-0000-000000000000', '::'),
           ('ffffffff-ffff-ffff-ffff-ffffffffffff', '::ffff:1.2.3.4'), ('01890a5d-ac96-774b-bcce-b302099a8057', 'fe80::1'),
           ('12345678-0000-6000-8000-000000000000', '::1'), ('12345678-0000-1000-0000-000000000000', '::2')`,
        `INSERT INTO t (u, i6) SELECT ${uuid}, '::3' FROM seq_1_to_2000`,
        "UPDATE t SET n = n + 1, c = CONCAT(c, 'x') WHERE n % 2 = 0",
        "UPDATE t SET u = UUID() WHERE n % 5 = 0",
        "DELETE FROM t WHERE n % 7 = 0 OR n IS NULL",
      ],
    );
  });

  test("unique keys of long columns, for which the server keeps a column that nobody sees", async () => {
    await follow(
      [
        "CREATE TABLE h (id INT PRIMARY KEY, t TEXT, b LONGBLOB NOT NULL, UNIQUE KEY (t), UNIQUE KEY (b))",
        "INSERT INTO h VALUES (1, 'a', 'x'), (2, NULL, 'y'), (3, REPEAT('é', 9000), REPEAT('z', 70000))",
        "CREATE TABLE k (t TEXT NOT NULL, v INT, UNIQUE KEY (t))",
        "INSERT INTO k VALUES ('a', 1), ('b', 2), ('c', 3)",
      ],
      [
        "BEGIN",
        "UPDATE h SET t = 'b', b = 'w' WHERE id = 1",
        "UPDATE h SET t = 'a', b = 'x' WHERE id = 2",
        "COMMIT",
        "UPDATE k SET v = v + 1, t = CONCAT(t, t)",
        "DELETE FROM k WHERE v = 3",
        "ALTER TABLE h ADD c INT DEFAULT 3, ADD UNIQUE KEY (t, c)",
        "INSERT INTO h VALUES (9, 'nine', 'n', 9)",
        "DELETE FROM h WHERE id = 3",
      ],
    );
  });

  test("FLOAT and DOUBLE in a primary key", async () => {
    await follow(
      [
        "CREATE TABLE f (f FLOAT, g FLOAT(7,3), d DOUBLE, v INT, PRIMARY KEY (f, g, d))",
        "INSERT INTO f SELECT seq / 7, seq / 3, SQRT(seq) * 1e300, seq FROM seq_1_to_500",
      ],
      [
        "UPDATE f SET v = v + 1, d = d / 3 WHERE v % 3 = 0",
        "DELETE FROM f WHERE v % 5 = 0",
        "UPDATE f SET f = -f",
      ],
    );
  });

  test("rows that a strict session refuses: clipped values, checks and generated columns that warn", async () => {
    await follow(
      [
        "SET sql_mode = ''",
        `CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(30) CHECK (CHAR_LENGTH(name > 2)), f FLOAT(30,0), d DOUBLE(200,0),
           g INT AS (name + 1) STORED)`,
        "INSERT INTO t (id, name, f, d) VALUES (1, 'Ken', 2e30, 2e200), (2, '7', 1, 1)",
      ],
      [
        "INSERT INTO t (id, name, f, d) VALUES (3, 'Brian', -2e30, -2e200)",
        "UPDATE t SET name = CONCAT(name, 'x')",
        "DELETE FROM t WHERE id = 1",
      ],
    );
  });

  test("tables without a primary key: by a unique key without NULLs, else by the whole row, duplicates and all", async () => {
    await follow(
      [
        "CREATE TABLE u (a INT NOT NULL, b VARCHAR(20) NOT NULL, v INT, UNIQUE (b), UNIQUE (a, b))",
        "INSERT INTO u SELECT seq, CONCAT('k', seq), 0 FROM seq_1_to_3000",
        `CREATE TABLE w (t VARCHAR(20) COLLATE utf8mb4_general_ci, f FLOAT, d DOUBLE, x DECIMAL(9,4), g GEOMETRY, j JSON, at DATETIME(3),
           ts TIMESTAMP NULL, e ENUM('a','b'), s SET('a','b'), b BIT(9), bin BINARY(4), bl BLOB, y YEAR, u UUID, i INET6, gen INT AS (y + 1) STORED, KEY (t))`,
        `INSERT INTO w (t, f, d, x, g, j, at, ts, e, s, b, bin, bl, y, u, i) SELECT ELT(1 + seq % 4, 'a', 'A', 'a ', NULL), seq % 3 / 7, -0e0, seq % 5,
           POINT(seq % 2, 1), '{"a": 1}', '2020-01-01 00:00:00.5', NULL, 1 + seq % 2, seq % 4, seq % 300, 'x', X'FF00', 2000, '00000000-0000-0000-0000-000000000001', '::1' FROM seq_1_to_300`,
        "INSERT INTO w (t) VALUES (NULL), (NULL), ('dup'), ('dup'), ('dup')",
      ],
      [
        "UPDATE u SET a = a + 1, v = 5 WHERE a % 3 = 0",
        "DELETE FROM u WHERE a % 4 = 0",
        "UPDATE w SET t = UPPER(t) WHERE BINARY t = 'a' LIMIT 20",
        "UPDATE w SET d = 0 WHERE f > 0.1 LIMIT 30",
        "DELETE FROM w WHERE d = 0 AND e = 'a' LIMIT 11",
        "DELETE FROM w WHERE t = 'dup' LIMIT 2",
        "DELETE FROM w WHERE t IS NULL LIMIT 1",
        "INSERT INTO w (t, f) VALUES ('A', -0e0), ('a', 0e0), ('a', -0e0)",
        "UPDATE w SET s = 3 WHERE t = 'a' AND CAST(f AS CHAR) = '-0'",
      ],
    );
  });
});

describe("a first copy", () => {
  test("takes tables whose foreign keys make a circle as they are at one moment, while they are written", async () => {
    await link.east.query(
      "USE shop",
      "CREATE TABLE staff (id INT PRIMARY KEY, store INT)",
      "CREATE TABLE store (id INT PRIMARY KEY, boss INT, FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE CASCADE)",
      "ALTER TABLE staff ADD FOREIGN KEY (store) REFERENCES store (id) ON DELETE SET NULL",
      "CREATE TABLE note (v INT, staff INT, FOREIGN KEY (staff) REFERENCES staff (id) ON DELETE CASCADE)",
      "INSERT INTO staff SELECT seq, NULL FROM seq_1_to_2000",
      "INSERT INTO store SELECT seq, seq FROM seq_1_to_2000",
      "UPDATE staff SET store = id",
      "INSERT INTO note SELECT seq, seq FROM seq_1_to_2000",
    );
    const writer = await link.east.connect({ database: "shop" });
    const over = new AbortController();
    const writing = (async () => {
      for (let id = 1; !over.signal.aborted; id += 1) {
        await writer.query("DELETE FROM staff WHERE id = ?", [(id * 37) % 2000]);
        await writer.query("DELETE FROM note WHERE v = ?", [(id * 31) % 2000]);
        await writer.query("INSERT INTO note VALUES (?, NULL)", [id]);
      }
    })();
    link.run();
    await link.reach();
    over.abort();
    await writing;
    await link.reach();
    await link.expectEqual();
  });
});
