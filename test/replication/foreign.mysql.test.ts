import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Secret } from "../../core/secret.ts";
import { wholeDatabases } from "../../replication/selection/selection.ts";
import { schemaAtPosition } from "../../replication/copy-schema.ts";
import { Source } from "../../replication/source.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { startMariadb } from "../support/mariadb.ts";
import { startMysql } from "../support/mysql.ts";
import { ProcessorRig } from "./processor-rig.ts";
import { column, insert, plainTable, statement, update } from "./stream.ts";

jest.setTimeout(120_000);

const tables = {
  mariadb: [
    `CREATE TABLE shop.wide (id INT PRIMARY KEY, u CHAR(36) DEFAULT uuid(), n INT DEFAULT (1 + 2), t TEXT DEFAULT 'x, (y)',
      d DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), z DATETIME DEFAULT '0000-00-00 00:00:00', j JSON,
      inv INT INVISIBLE DEFAULT 4, g INT AS (n + 1) STORED, l VARCHAR(10) CHARACTER SET latin1, c TEXT COMPRESSED,
      s VARCHAR(20) COLLATE utf8mb4_uca1400_swedish_ai_ci, ts TIMESTAMP NULL, CHECK (n > 0), KEY (l), KEY hid (n) IGNORED, UNIQUE (s))
      COLLATE utf8mb4_uca1400_ai_ci PAGE_COMPRESSED=1`,
    "CREATE TABLE shop.child (id INT PRIMARY KEY, w INT, CHECK (w < 9), FOREIGN KEY (w) REFERENCES shop.wide (id) ON DELETE CASCADE)",
    "CREATE TABLE shop.old (a VARCHAR(9) CHARACTER SET utf8mb3 PRIMARY KEY, e ENUM('a','ö'), s SET('x','y'), y YEAR, b BIT(3)) CHARSET=utf8mb3",
  ],
  mysql: [
    `CREATE TABLE shop.wide (id INT PRIMARY KEY, u CHAR(36) DEFAULT (UUID()), n INT DEFAULT (1 + 2), t TEXT DEFAULT ('x, (y)'),
      d DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), z DATETIME DEFAULT '0000-00-00 00:00:00', j JSON,
      inv INT DEFAULT 4 INVISIBLE, g INT AS (n + 1) STORED NOT NULL, l VARCHAR(10) CHARACTER SET latin1, c TEXT,
      s VARCHAR(20) COLLATE utf8mb4_sv_0900_ai_ci, ts TIMESTAMP NULL, p POINT SRID 4326, CHECK (n > 0), KEY (l), KEY hid (n) INVISIBLE, UNIQUE (s))
      COLLATE utf8mb4_0900_ai_ci STATS_PERSISTENT=1`,
    "CREATE TABLE shop.child (id INT PRIMARY KEY, w INT, CHECK (w < 9), FOREIGN KEY (w) REFERENCES shop.wide (id) ON DELETE CASCADE)",
    "CREATE TABLE shop.old (a VARCHAR(9) CHARACTER SET utf8mb3 PRIMARY KEY, e ENUM('a','ö'), s SET('x','y'), y YEAR, b BIT(3)) CHARSET=utf8mb3",
  ],
} as const;

const views = [
  "CREATE DEFINER=root@localhost VIEW shop.v AS SELECT id, n + 1 AS m FROM shop.wide WHERE t <> 'a'",
  "CREATE DEFINER=root@localhost FUNCTION shop.f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1",
];

describe.each([
  ["mariadb", "MySQL 9.7"],
  ["mysql", "MariaDB 10.11"],
  ["mysql", "MariaDB 11.8"],
] as const)("from %s to %s", (flavour, target) => {
  const rig = new ProcessorRig(target, flavour);
  let source: DatabaseServer;
  beforeAll(async () => {
    source = await (flavour === "mariadb"
      ? startMariadb({ serverId: 1, domain: 1 })
      : startMysql({ serverId: 1 }));
    await source.query(
      "SET sql_mode = 'ALLOW_INVALID_DATES'",
      "CREATE DATABASE shop",
      ...tables[flavour],
      ...views,
    );
    await rig.open();
  });
  afterAll(async () => {
    await rig.close();
    await source[Symbol.asyncDispose]();
  });
  beforeEach(() => rig.begin());
  afterEach(() => rig.end());

  test("the schema of a first copy is made there: tables, keys, checks, defaults, views, routines", async () => {
    const account = { host: "127.0.0.1", port: source.port, user: "root", password: new Secret("") };
    await using connection = await Source.open({ site: "east", ...account }, rig.signal);
    const { before, after } = await schemaAtPosition(connection, wholeDatabases(["shop"]));
    rig.order = rig.orderOf({ begin: "copy", start: rig.source.position(1) });
    rig.feeder = rig.feederOf([plainTable]);
    const copy = { units: [], done: 0, rows: 0, totalRows: 0 };
    // So that the position, which tells the kind of the source, is one.
    await rig.feeder.batch(
      [{ kind: "copy-begin", databases: ["shop"], statements: before }, rig.feeder.transaction([])],
      copy,
    );
    await rig.feeder.batch([{ kind: "copy-end", statements: after }]);
    await rig.apply();
    await rig.server.query(
      "SET sql_log_bin = 0",
      "INSERT INTO shop.wide (id, s) VALUES (1, 'a'), (2, 'b')",
      "INSERT INTO shop.child VALUES (1, 1)",
    );
    const [row] = await rig.server.query(
      "SELECT n, t, inv, g, length(u) AS u, z, shop.f(1) AS f FROM shop.wide WHERE id = 1",
    );
    expect(row).toMatchObject({ n: 3, t: "x, (y)", inv: 4, g: 4, u: 36, f: 2 });
    expect(await rig.server.query("SELECT m FROM shop.v WHERE id = 1")).toEqual([{ m: 4 }]);
    await expect(rig.server.query("INSERT INTO shop.wide (id, n) VALUES (3, -1)")).rejects.toThrow(
      /constraint/i,
    );
    await expect(rig.server.query("INSERT INTO shop.wide (id, s) VALUES (3, 'A')")).rejects.toThrow(
      /Duplicate/,
    );
    const [wide] = await rig.server.query("SHOW CREATE TABLE shop.wide");
    expect(String(wide?.["Create Table"])).toMatch(/IGNORED|INVISIBLE/);
  });

  test("rows arrive as they were: texts of any character set, zero dates, JSON, geometry, invalid values of an ENUM", async () => {
    await rig.server.query(
      "SET sql_log_bin = 0",
      "SET sql_mode = ''",
      `CREATE TABLE shop.r (id INT PRIMARY KEY, u TEXT CHARACTER SET utf8mb3, l TEXT CHARACTER SET latin1, k TEXT CHARACTER SET sjis,
        d DATETIME, j JSON, g GEOMETRY, e ENUM('a','b'), y YEAR)`,
    );
    const columns = [
      column("id", "int"),
      column("u", "text", { charset: "utf8mb3" }),
      column("l", "text", { charset: "latin1" }),
      column("k", "text", { charset: "sjis" }),
      column("d", "datetime"),
      // What the other kind of server has as JSON is a text in one and a type of its own in the other.
      flavour === "mysql" ? column("j", "json") : column("j", "text"),
      column("g", "geometry"),
      column("e", "enum"),
      column("y", "year"),
    ];
    rig.feeder = rig.feederOf([{ database: "shop", table: "r", columns, primaryKey: [0] }]);
    const json = Buffer.from('{"a": [1, "ö\\\\n"]}');
    const point = Buffer.from("E6100000010100000000000000000008400000000000001040", "hex");
    const row = [
      1,
      Buffer.from("é"),
      Buffer.from([0x81, 0xe9]),
      Buffer.from([0x83, 0x5c]),
      "0000-00-00 00:00:00",
      flavour === "mysql" ? json.toString() : json,
      point,
      0,
      0,
    ];
    await rig.feeder.transactions(
      [insert(row)],
      [update(row, [1, ...row.slice(1, 4), "2024-00-00 00:00:00", ...row.slice(5)])],
    );
    await rig.apply();
    const [found] = await rig.server.query(
      "SELECT HEX(u) AS u, HEX(l) AS l, HEX(k) AS k, CAST(d AS CHAR) AS d, JSON_VALUE(j, '$.a[1]') AS j, ST_SRID(g) AS s, e + 0 AS e, CAST(y AS CHAR) AS y FROM shop.r",
    );
    expect(found).toEqual({
      u: "C3A9",
      l: "81E9",
      k: "835C",
      d: "2024-00-00 00:00:00",
      j: "ö\\n",
      s: 4326,
      e: 0,
      y: "0000",
    });
  });

  test("a change of the schema is carried where both understand it; else the link stops with GTID, statement and remedy", async () => {
    const collation = flavour === "mysql" ? "utf8mb4_0900_ai_ci" : "utf8mb4_uca1400_ai_ci";
    await rig.feeder.transactions([
      statement(`ALTER TABLE t ADD COLUMN w VARCHAR(40) COLLATE ${collation} DEFAULT '${collation}'`, {
        collationConnection: flavour === "mysql" ? 255 : 2304,
        collationServer: flavour === "mysql" ? 255 : 2304,
        sqlMode: flavour === "mysql" ? 1_411_383_328 : 1_411_383_328 - 65_536 + (1 << 28),
      }),
    ]);
    await rig.apply();
    const [made] = await rig.server.query(
      "SELECT column_default AS value, collation_name AS collation FROM information_schema.columns WHERE table_schema = 'shop' AND column_name = 'w'",
    );
    expect(String(made?.["value"])).toContain(collation);
    await rig.server.query("SET sql_log_bin = 0", "UPDATE hotsite.checkpoint SET sequence = 0");
    await rig.apply();
    expect((await rig.checkpoint())?.[0]).toBe(1);

    const foreign = flavour === "mysql" ? "ALTER TABLE t ADD INDEX x ((v + 1))" : "CREATE SEQUENCE s";
    await rig.feeder.transactions([statement(foreign)]);
    await expect(rig.apply()).rejects.toMatchObject({
      message: expect.stringContaining(foreign),
      hint: expect.stringContaining("skip"),
      details: { sequence: 2, gtid: rig.source.gtid(2) },
    });
  });
});
