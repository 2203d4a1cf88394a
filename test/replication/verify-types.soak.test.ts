import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import type { SourceOptions } from "../../replication/source.ts";
import { verify } from "../../replication/verify.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { ServerLink, type ServerName } from "./server-link.ts";
import { crossMatrix, mariadbMatrix, mysqlMatrix, oldMysqlMatrix, type MatrixColumn } from "./type-matrix.ts";

jest.setTimeout(600_000);
const signal = AbortSignal.timeout(3_600_000);

const columnsOf: Readonly<Record<ServerName, readonly MatrixColumn[]>> = {
  "MariaDB 10.11": mariadbMatrix.columns,
  "MariaDB 11.8": mariadbMatrix.columns,
  "MySQL 9.7": mysqlMatrix.columns,
  "MySQL 8.0.15": oldMysqlMatrix.columns,
};

const pairs: readonly (readonly [ServerName, ServerName])[] = [
  ["MariaDB 10.11", "MariaDB 11.8"],
  ["MySQL 8.0.15", "MySQL 9.7"],
  ["MariaDB 11.8", "MySQL 9.7"],
  ["MySQL 9.7", "MariaDB 10.11"],
];

const someValues = 8;
const plantedRows = 3;

describe.each(pairs)("the comparison of a %s with a %s", (source, target) => {
  const isCross = source.startsWith("MariaDB") !== target.startsWith("MariaDB");
  const columns = isCross ? crossMatrix : columnsOf[source];

  test("finds other values of every type, in those rows and no other", async () => {
    const extra = ["--sync-binlog=0", "--innodb-flush-log-at-trx-commit=0"];
    await using link = await ServerLink.start(["shop"], { source, target, extra });
    const { east, west } = link;
    await east.query(
      "CREATE DATABASE shop",
      "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
      ...columns.flatMap(tableSql),
    );
    link.run();
    await link.reach(300_000);
    const equal = await compared(link);
    expect(equal.filter(({ differing, uncompared }) => differing > 0 || uncompared.length > 0)).toEqual([]);
    expect(equal).toHaveLength(columns.length);

    const planted: Record<string, readonly string[]> = {};
    for (const column of columns) planted[`shop.t_${column.name}`] = await plant(west, column, isCross);
    expect(Object.values(planted).filter((keys) => keys.length === 0)).toEqual([]);
    const found = await compared(link);
    expect(Object.fromEntries(found.map(({ table, keys }) => [table, [...keys].sort()]))).toEqual(planted);
  });
});

function tableSql({ name, definition, edges, some }: MatrixColumn): readonly string[] {
  const values = [...edges, "NULL", ...fc.sample(some, { numRuns: someValues, seed: 11 })];
  return [
    `CREATE TABLE shop.t_${name} (id INT PRIMARY KEY AUTO_INCREMENT, c ${definition})`,
    ...values.map((value) => `INSERT IGNORE INTO shop.t_${name} (c) VALUES (${value})`),
  ];
}

/** Some rows get the value of another one, where the server tells the two apart; gives the keys of those rows. */
async function plant(
  server: DatabaseServer,
  { name, definition }: MatrixColumn,
  isCross: boolean,
): Promise<readonly string[]> {
  const bytes = (of: string): string => `CAST(${of}.c AS BINARY)`;
  // Servers of two kinds tell the sign of a zero differently, and those of two versions are asked for a FLOAT without it.
  const apart = (isCross ? /^(float|double)/ : /^float/).test(definition) ? " AND NOT (a.c <=> b.c)" : "";
  const rows = await server.query(
    `SELECT a.id AS id, MAX(b.id) AS other FROM shop.t_${name} AS a JOIN shop.t_${name} AS b
     ON NOT (${bytes("a")} <=> ${bytes("b")})${apart} GROUP BY a.id ORDER BY a.id LIMIT ${plantedRows}`,
  );
  await server.query(
    "SET sql_log_bin = 0, sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
    `CREATE TEMPORARY TABLE shop.was AS SELECT * FROM shop.t_${name}`,
    ...rows.map(
      ({ id, other }) =>
        `UPDATE shop.t_${name} SET c = (SELECT c FROM shop.was WHERE id = ${Number(other)}) WHERE id = ${Number(id)}`,
    ),
  );
  return rows.map(({ id }) => `(${Number(id)})`).sort();
}

function compared({ east, west }: ServerLink) {
  const sides = { source: optionsOf("east", east), target: optionsOf("west", west) };
  return verify({ ...sides, databases: ["shop"], clock: systemClock }, signal);
}

function optionsOf(site: string, { root }: DatabaseServer): SourceOptions {
  return { site, host: root.host, port: root.port, user: root.user, password: new Secret("") };
}
