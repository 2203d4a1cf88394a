import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { DatabaseServer } from "../support/database-server.ts";
import { ServerLink, type ServerName } from "./server-link.ts";
import { mariadbMatrix, mysqlMatrix, type TypeMatrix } from "./type-matrix.ts";

const rowsOfType = 20;
const careless = ["--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"];
const servers: readonly (readonly [ServerName, TypeMatrix])[] = [
  ["MariaDB 10.11", mariadbMatrix],
  ["MySQL 9.7", mysqlMatrix],
];

/** Rows that MySQL alone takes: all of a row is computed, what is computed must not be NULL and is, or is no date. */
const computedSql = [
  "CREATE TABLE shop.all_computed (a INT AS (7) VIRTUAL, b VARCHAR(9) AS ('x') STORED)",
  "INSERT INTO shop.all_computed VALUES (), (), ()",
  "DELETE FROM shop.all_computed LIMIT 1",
  "CREATE TABLE shop.not_null (id INT PRIMARY KEY, a INT, g INT AS (a + 1) VIRTUAL NOT NULL)",
  "INSERT IGNORE INTO shop.not_null (id, a) VALUES (1, 1), (2, NULL), (3, 3)",
  "UPDATE IGNORE shop.not_null SET a = NULL WHERE id = 3",
  "SET sql_mode = ''",
  "CREATE TABLE shop.no_date (a VARCHAR(9), d DATETIME AS (a) VIRTUAL)",
  "INSERT INTO shop.no_date (a) VALUES (''), ('x'), ('2001-1-1')",
  "DELETE FROM shop.no_date WHERE a = ''",
];

/** A table for each type, since one column decides how a table is written. */
function tablesSql({ columns }: TypeMatrix): readonly string[] {
  return columns.flatMap(({ name, definition, edges, some }) => {
    const values = [...edges, "NULL", ...fc.sample(some, { numRuns: rowsOfType, seed: 7 })];
    return [
      `CREATE TABLE shop.t_${name} (id INT PRIMARY KEY AUTO_INCREMENT, g INT AS (1 + 1) STORED, c ${definition})`,
      ...values.map((value) => `INSERT IGNORE INTO shop.t_${name} (c) VALUES (${value})`),
    ];
  });
}

/** One transaction with enough rows of every table for a file each. */
function manyRowsSql({ columns }: TypeMatrix): readonly string[] {
  const ten = Array.from({ length: 10 }, (_, place) => `SELECT ${place} AS n`).join(" UNION ALL ");
  const tenfold = columns.map(
    ({ name }) => `INSERT INTO shop.t_${name} (c) SELECT c FROM shop.t_${name}, (${ten}) AS ten`,
  );
  return ["SET sql_mode = 'ALLOW_INVALID_DATES'", "START TRANSACTION", ...tenfold, "COMMIT"];
}

/** Values that look like what a file is made of; a column whose name needs quotes; a row of a single empty value. */
const oddTexts = [
  "''",
  "'\\\\N'",
  "'N'",
  "'NULL'",
  "'\\t'",
  "'\\n'",
  "'\\\\'",
  "'\\r\\n'",
  "'\\0'",
  "NULL",
  "'a,b'",
  "'\"'",
];

const numbersSql = Array.from({ length: 900 }, (_, place) => `(${place}, ${place})`).join();

async function filesRead(west: DatabaseServer): Promise<number> {
  const [row] = await west.query("SHOW GLOBAL STATUS LIKE 'Com_load'");
  return Number(row?.["Value"]);
}

describe.each(servers)("a link between two servers of %s, which load files", (server, matrix) => {
  test("brings every value of every type as it is, in a first copy and in a large transaction", async () => {
    const extra = ["--local-infile=ON", "--max-allowed-packet=64M", ...careless];
    await using link = await ServerLink.start(["shop"], { source: server, target: server, extra });
    const { east, west } = link;
    await east.query(
      "CREATE DATABASE shop",
      "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
      ...tablesSql(matrix),
      "CREATE TABLE shop.`odd ``name``\n.t` (`a b` INT PRIMARY KEY, `sel\tect` TEXT) CHARACTER SET latin1",
      "INSERT INTO shop.`odd ``name``\n.t` VALUES (1, '\\\\N'), (2, '\\\\\\t\\n\\r\\0x'), (3, ''), (4, NULL)",
      "CREATE TABLE shop.empty (id INT PRIMARY KEY)",
      "CREATE TABLE shop.parts (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 3",
      "INSERT INTO shop.parts VALUES (1, 1), (2, 2), (3, 3), (-4, 4)",
      "CREATE TABLE shop.no_key (v INT, w VARCHAR(9))",
      "INSERT INTO shop.no_key VALUES (1, 'a'), (1, 'a'), (NULL, NULL)",
      "CREATE TABLE shop.large (id INT PRIMARY KEY, b LONGBLOB)",
      "INSERT INTO shop.large VALUES (1, REPEAT('x\\n', 1200000)), (2, 'small'), (3, REPEAT('\\\\', 5000000))",
      "CREATE TABLE shop.texts (`a ``b` VARCHAR(9))",
      "CREATE TABLE shop.numbers (id INT PRIMARY KEY, v INT)",
      "CREATE TABLE shop.others LIKE shop.numbers",
    );
    link.run();
    await link.reach(120_000);
    await link.expectSameRows();
    const [row] = await west.query("SELECT COUNT(*) AS n FROM shop.parts");
    expect(Number(row?.["n"])).toBe(4);

    const before = await filesRead(west);
    const texts = Array.from({ length: 20 }, () => oddTexts.map((text) => `(${text})`)).flat();
    await east.query(...manyRowsSql(matrix), `INSERT INTO shop.texts VALUES ${texts.join()}`);
    await link.reach(120_000);
    expect((await filesRead(west)) - before).toBeGreaterThan(matrix.columns.length * 0.8);

    await west.query("SET GLOBAL local_infile = OFF");
    await east.query(`INSERT INTO shop.others VALUES ${numbersSql}`);
    if (server === "MySQL 9.7") await east.query(...computedSql);
    await link.reach(120_000);
    await link.expectSameRows();

    await west.query("SET GLOBAL local_infile = ON", "INSERT INTO shop.numbers VALUES (500, -1)");
    await east.query(`INSERT INTO shop.numbers VALUES ${numbersSql}`);
    const failure = await link.failure(120_000);
    expect(failure).toMatchObject({ code: "diverged" });
    expect(failure.message).toContain("insert into shop.numbers, key (500)");
    expect(await west.query("SELECT * FROM shop.numbers")).toEqual([{ id: 500, v: -1 }]);
  }, 300_000);
});
