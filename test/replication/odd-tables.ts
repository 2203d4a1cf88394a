import type { Flavour } from "../../replication/flavour.ts";

/** Something unusual that a database may hold: what makes it in the default database, and what is done to it then. */
export interface Oddity {
  readonly name: string;
  readonly only?: Flavour;
  readonly make: readonly string[];
  readonly change: readonly string[];
}

const manyColumns = Array.from({ length: 1016 }, (_, index) => `c${index + 1}`);
const longName = `${"ж".repeat(40)}${"界".repeat(24)}`;
const oddNames = [
  "a b",
  "1st",
  "x-y",
  "a.b",
  "we`ird",
  `qu'ote"s`,
  "100%_#@/\\",
  "select",
  "ÄÖ",
  "aO",
  longName,
];
const quote = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/** What both kinds of servers can have. */
const common: readonly Oddity[] = [
  {
    name: "names of any kind, and those that differ in case or accent only",
    make: oddNames.flatMap((name, index) => [
      `CREATE TABLE ${quote(name)} (${quote(name)} INT, ${quote(`${name.slice(0, 60)}.k`)} VARCHAR(20), PRIMARY KEY (${quote(name)}),
         UNIQUE KEY ${quote(name)} (${quote(`${name.slice(0, 60)}.k`)}), CONSTRAINT ${quote(`${name.slice(0, 60)}.c`)} CHECK (${quote(name)} > 0)) COMMENT 'it''s ${index}'`,
      `INSERT INTO ${quote(name)} VALUES (1, 'one'), (2, 'two'), (3, '${index}')`,
    ]),
    change: [
      "CREATE TABLE Case_of (id INT PRIMARY KEY, v INT)",
      "CREATE TABLE case_of (id INT PRIMARY KEY, w VARCHAR(9), x INT)",
      "INSERT INTO Case_of VALUES (1, 1)",
      "INSERT INTO case_of VALUES (1, 'a', 1), (2, 'b', 2)",
      ...oddNames.flatMap((name) => [
        `UPDATE ${quote(name)} SET ${quote(`${name.slice(0, 60)}.k`)} = 'changed' WHERE ${quote(name)} = 2`,
        `DELETE FROM ${quote(name)} WHERE ${quote(name)} = 3`,
        `ALTER TABLE ${quote(name)} ADD ${quote("+ 1")} INT DEFAULT 3 COMMENT 'ж''s'`,
        `INSERT INTO ${quote(name)} VALUES (9, 'nine', 9)`,
      ]),
    ],
  },
  {
    name: "numbers that are rounded up beyond what their columns take",
    make: ["CREATE TABLE highest (f FLOAT(10,5), v INT) AS SELECT 99999.99999 AS f, 1 AS v"],
    change: ["INSERT INTO highest VALUES (99999.99999, 2)", "UPDATE highest SET v = v + 2"],
  },
  {
    name: "as many columns as a table can have",
    make: [
      `CREATE TABLE wide (id INT PRIMARY KEY, ${manyColumns.map((name) => `${name} INT`).join(", ")})`,
      `INSERT INTO wide (id, c1, c500, c1016) VALUES (1, 1, 1, 1), (2, NULL, NULL, NULL), (3, 5, 6, 7)`,
      `INSERT INTO wide VALUES (4, ${manyColumns.map((_, index) => index).join(", ")})`,
    ],
    change: [
      "UPDATE wide SET c1016 = 99, c2 = NULL WHERE id IN (1, 4)",
      "DELETE FROM wide WHERE id = 2",
      `INSERT INTO wide (id, c1015) VALUES (10, 10), (11, 11)`,
      `UPDATE wide SET ${manyColumns.map((name) => `${name} = id`).join(", ")}`,
    ],
  },
  {
    name: "64 indexes, and one of 16 columns",
    make: [
      `CREATE TABLE indexed (id INT PRIMARY KEY, ${manyColumns
        .slice(0, 62)
        .map(
          (name, index) =>
            `${name} VARCHAR(${index < 16 ? 50 : 12}) CHARACTER SET latin1, ${index % 3 === 0 ? "UNIQUE " : ""}KEY k_${name} (${name}(10))`,
        )
        .join(", ")}, KEY all_of (${manyColumns
        .slice(0, 16)
        .map((name) => `${name}(9)`)
        .join(", ")}))`,
      "INSERT INTO indexed (id, c1, c4) VALUES (1, 'a', 'b'), (2, 'c', 'd'), (3, 'e', 'f')",
    ],
    change: [
      "UPDATE indexed SET c1 = CONCAT(c1, id), c59 = 'x'",
      "START TRANSACTION",
      "DELETE FROM indexed WHERE id = 1",
      "INSERT INTO indexed (id, c1) VALUES (7, 'a1')",
      "COMMIT",
      "ALTER TABLE indexed DROP KEY k_c59, ADD KEY again (c59)",
    ],
  },
  {
    name: "definitions as long as they can be",
    make: [
      `CREATE TABLE long_ones (id INT PRIMARY KEY COMMENT '${"ж".repeat(1024)}',
         e ENUM(${Array.from({ length: 2000 }, (_, index) => `'value ''${index}'' 🦊'`).join(",")}),
         s SET(${Array.from({ length: 64 }, (_, index) => `'member ${index} é'`).join(",")}), d VARCHAR(200) DEFAULT '${"é''\\\\".repeat(40)}')
         COMMENT '${"ж".repeat(2048)}'`,
      "INSERT INTO long_ones (id, e, s) VALUES (1, 2000, 1), (2, 1, 18446744073709551615), (3, NULL, 9223372036854775808)",
    ],
    change: [
      "UPDATE long_ones SET e = IF(id = 1, 1999, 2), s = IF(id = 2, '', s) WHERE id < 3",
      "INSERT INTO long_ones (id) VALUES (4)",
    ],
  },
  {
    name: "keys that count down, and prefixes",
    make: [
      "CREATE TABLE descending (a INT, b VARCHAR(20), v INT, PRIMARY KEY (a DESC, b ASC), UNIQUE KEY (v DESC), KEY (b(3) DESC))",
      "INSERT INTO descending VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3), (-5, 'z', 4)",
    ],
    change: ["UPDATE descending SET a = a + 10 WHERE b = 'x'", "DELETE FROM descending WHERE v = 2"],
  },
  {
    name: "checks that hold, and a default that is computed",
    make: [
      `CREATE TABLE checked (id INT PRIMARY KEY AUTO_INCREMENT, a INT CHECK (a < 100), b INT DEFAULT (1 + 2), u CHAR(36) DEFAULT (UUID()),
         n VARCHAR(50) DEFAULT (CONCAT('it''s ', CURRENT_USER())), t TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), bl BLOB DEFAULT ('x'),
         CONSTRAINT both_of CHECK (a + b <> 7))`,
      "INSERT INTO checked (a) VALUES (1), (2), (3)",
    ],
    change: [
      "UPDATE checked SET a = a + 1 WHERE id = 2",
      "INSERT INTO checked (a, b) VALUES (50, 50)",
      "ALTER TABLE checked DROP CONSTRAINT both_of, ADD CONSTRAINT other CHECK (b > -5), ADD r INT DEFAULT (7 * 6)",
      "INSERT INTO checked (a) VALUES (8)",
    ],
  },
  {
    name: "generated columns of every kind, before their base and in keys",
    make: [
      `CREATE TABLE made (g1 INT AS (a + 1) VIRTUAL, id INT PRIMARY KEY, a INT, j JSON, name VARCHAR(40) AS (JSON_UNQUOTE(JSON_EXTRACT(j, '$.name'))) STORED,
         h CHAR(64) AS (SHA2(CONCAT(a, '-', id), 256)) VIRTUAL, n VARCHAR(20) AS (JSON_VALUE(j, '$.n')) VIRTUAL, KEY (g1), UNIQUE KEY (name), KEY (h), KEY (n))`,
      `INSERT INTO made (id, a, j) VALUES (1, 1, '{"name": "one", "n": 1}'), (2, 2, '{"name": "é🦊"}'), (3, NULL, NULL)`,
    ],
    change: [
      `UPDATE made SET j = '{"name": "two", "n": [1]}', a = a * 2 WHERE id = 2`,
      "START TRANSACTION",
      "DELETE FROM made WHERE id = 1",
      `INSERT INTO made (id, a, j) VALUES (7, 7, '{"name": "one"}')`,
      "COMMIT",
      "ALTER TABLE made ADD late INT AS (a * 3) STORED AFTER g1, ADD b INT DEFAULT 4 FIRST",
      "INSERT INTO made (id, a) VALUES (8, 8)",
      "UPDATE made SET a = 9 WHERE id = 8",
    ],
  },
  {
    name: "partitions of every kind",
    make: [
      "CREATE TABLE p_range (id INT, at DATE, v INT, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) SUBPARTITION BY HASH (TO_DAYS(at)) SUBPARTITIONS 2 (PARTITION `p old` VALUES LESS THAN (2000), PARTITION `p-new` VALUES LESS THAN MAXVALUE)",
      "CREATE TABLE p_columns (a INT, b VARCHAR(10), PRIMARY KEY (a, b)) PARTITION BY RANGE COLUMNS (a, b) (PARTITION p0 VALUES LESS THAN (5, 'm'), PARTITION p1 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
      "CREATE TABLE p_list (id INT PRIMARY KEY) PARTITION BY LIST (id) (PARTITION p0 VALUES IN (1, 2, 3), PARTITION p1 VALUES IN (4, 5, 6, NULL))",
      "CREATE TABLE p_lists (c VARCHAR(9), id INT, PRIMARY KEY (id, c)) PARTITION BY LIST COLUMNS (c) (PARTITION p0 VALUES IN ('a', 'é'), PARTITION p1 VALUES IN ('b'))",
      "CREATE TABLE p_hash (id INT PRIMARY KEY) PARTITION BY LINEAR HASH (id) PARTITIONS 4",
      "CREATE TABLE p_key (id INT PRIMARY KEY, v INT) PARTITION BY KEY () PARTITIONS 3",
      "CREATE TABLE p_linear (id INT PRIMARY KEY, v INT) PARTITION BY LINEAR KEY ALGORITHM=2 (id) PARTITIONS 3",
      "INSERT INTO p_range VALUES (1, '1999-01-01', 1), (2, '2020-02-02', 2), (3, '2021-02-02', 3)",
      "INSERT INTO p_columns VALUES (1, 'a'), (5, 'a'), (5, 'z'), (9, '')",
      "INSERT INTO p_list VALUES (1), (4)",
      "INSERT INTO p_lists VALUES ('a', 1), ('b', 2)",
      "INSERT INTO p_hash VALUES (1), (2), (3), (-4)",
      "INSERT INTO p_key VALUES (1, 1), (2, 2), (3, 3)",
      "INSERT INTO p_linear VALUES (1, 1), (2, 2), (3, 3)",
    ],
    change: [
      "UPDATE p_range SET at = '1990-01-01' WHERE id = 3",
      "UPDATE p_columns SET a = 6 WHERE b = 'z'",
      "UPDATE p_list SET id = 5 WHERE id = 1",
      "ALTER TABLE p_list ADD PARTITION (PARTITION p2 VALUES IN (7, 8))",
      "INSERT INTO p_list VALUES (7), (8)",
      "ALTER TABLE p_list DROP PARTITION p0",
      "ALTER TABLE p_key COALESCE PARTITION 1",
      "ALTER TABLE p_columns REORGANIZE PARTITION p1 INTO (PARTITION p1 VALUES LESS THAN (8, 'a'), PARTITION p2 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
      "ALTER TABLE p_range TRUNCATE PARTITION `p old`",
      "CREATE TABLE p_out (id INT PRIMARY KEY)",
      "ALTER TABLE p_list EXCHANGE PARTITION p2 WITH TABLE p_out",
      "INSERT INTO p_out VALUES (70)",
      "ALTER TABLE p_linear REMOVE PARTITIONING",
      "UPDATE p_linear SET v = v + 1",
      "ALTER TABLE p_hash PARTITION BY KEY (id) PARTITIONS 2",
      "DELETE FROM p_hash WHERE id = 2",
      "DELETE FROM p_range",
    ],
  },
  {
    name: "columns that SELECT * does not show",
    make: [
      "CREATE TABLE hidden (id INT PRIMARY KEY, a INT INVISIBLE DEFAULT 5, b INT, c VARCHAR(20) INVISIBLE)",
      "INSERT INTO hidden (id, a, b, c) VALUES (1, 1, 1, 'c'), (2, 2, 2, NULL)",
      "CREATE TABLE hidden_key (v INT, k INT INVISIBLE AUTO_INCREMENT PRIMARY KEY)",
      "INSERT INTO hidden_key (v) VALUES (1), (1), (2)",
    ],
    change: [
      "UPDATE hidden SET a = 9, b = 8 WHERE id = 1",
      "INSERT INTO hidden VALUES (3, 3)",
      "UPDATE hidden_key SET v = v + 1",
      "DELETE FROM hidden_key WHERE v = 2 LIMIT 1",
    ],
  },
  {
    name: "programs made under other modes, and views",
    make: [
      "CREATE TABLE base (id INT PRIMARY KEY, `a b` VARCHAR(20), log VARCHAR(200))",
      "INSERT INTO base VALUES (1, 'one', NULL), (2, 'two', '')",
      "SET @@sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,IGNORE_SPACE'",
      `CREATE VIEW "odd view" AS SELECT id, "a b" || '\\' AS "x y" FROM base WHERE "a b" <> '\\n'`,
      `CREATE PROCEDURE "pro-c"(IN "in" INT) BEGIN UPDATE base SET log = "a b" || '\\' WHERE id = "in"; END`,
      `CREATE FUNCTION "f n"(x VARCHAR(20)) RETURNS VARCHAR(40) DETERMINISTIC RETURN x || '\\' || 'y'`,
      `CREATE TRIGGER "tr ig" BEFORE UPDATE ON base FOR EACH ROW SET NEW.log = NEW."a b" || '\\t'`,
      "SET @@sql_mode = 'HIGH_NOT_PRECEDENCE,REAL_AS_FLOAT'",
      "CREATE PROCEDURE plain() COMMENT 'it''s \"so\" 🦊' SQL SECURITY INVOKER SELECT NOT 1 BETWEEN -5 AND 5, '\\'', \"dq\"",
      "CREATE SQL SECURITY INVOKER VIEW v_of AS SELECT * FROM base",
      "CREATE VIEW v_on_v AS SELECT v.`x y` FROM `odd view` v JOIN v_of USING (id)",
      "CREATE DEFINER = 'nobody'@'nowhere' VIEW v_nobody AS SELECT * FROM base",
      "SET @@sql_mode = DEFAULT",
    ],
    change: [
      "UPDATE base SET `a b` = 'eins' WHERE id = 1",
      "CALL `pro-c`(2)",
      "DROP TRIGGER `tr ig`",
      "UPDATE base SET `a b` = 'zwei' WHERE id = 2",
      "ALTER TABLE base RENAME COLUMN `a b` TO `b a`",
      "CREATE OR REPLACE VIEW `odd view` AS SELECT id FROM base",
      "ALTER PROCEDURE plain COMMENT 'other'",
    ],
  },
  {
    name: "circles and chains of foreign keys, and one to itself",
    make: [
      `CREATE TABLE tree (id INT PRIMARY KEY, parent INT, code INT UNIQUE, CONSTRAINT ${quote(longName)} FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE)`,
      "INSERT INTO tree VALUES (1, NULL, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4), (5, 5, 5)",
      "CREATE TABLE leaf (id INT PRIMARY KEY, code INT, FOREIGN KEY (code) REFERENCES tree (code) ON UPDATE CASCADE ON DELETE SET NULL)",
      "INSERT INTO leaf VALUES (1, 3), (2, 4), (3, 5)",
    ],
    change: [
      "UPDATE tree SET code = code + 100",
      "DELETE FROM tree WHERE id = 3",
      "DELETE FROM tree WHERE id = 5",
    ],
  },
  {
    name: "rows as large as a page allows, compressed and dynamic",
    make: [
      "CREATE TABLE pages (id INT PRIMARY KEY, a VARCHAR(8000) CHARACTER SET latin1, b VARCHAR(10000), c LONGTEXT) ROW_FORMAT = DYNAMIC",
      "CREATE TABLE packed (id INT PRIMARY KEY, a VARCHAR(8000) CHARACTER SET latin1, c LONGTEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8",
      "INSERT INTO pages VALUES (1, REPEAT('a', 8000), REPEAT('🦊', 3000), REPEAT('ж', 90000)), (2, '', NULL, '')",
      "INSERT INTO packed VALUES (1, REPEAT('a', 8000), REPEAT('ж', 90000)), (2, '', '')",
    ],
    change: [
      "UPDATE pages SET b = REPEAT('x', 10000) WHERE id = 2",
      "UPDATE packed SET c = a",
      "DELETE FROM pages WHERE id = 1",
    ],
  },
];

const mysql: readonly Oddity[] = [
  {
    name: "generated invisible primary keys",
    make: [
      "SET SESSION sql_generate_invisible_primary_key = ON",
      "CREATE TABLE gipk (v INT, t TEXT)",
      "INSERT INTO gipk VALUES (1, 'a'), (1, 'a'), (NULL, NULL)",
      "SET SESSION sql_generate_invisible_primary_key = OFF",
      "CREATE TABLE no_gipk (v INT, t TEXT)",
      "INSERT INTO no_gipk VALUES (1, 'a'), (1, 'a'), (NULL, NULL)",
    ],
    change: [
      "UPDATE gipk SET v = 2 LIMIT 1",
      "DELETE FROM gipk WHERE v = 1 LIMIT 1",
      "UPDATE no_gipk SET v = 2 LIMIT 1",
      "ALTER TABLE gipk ADD w INT FIRST",
      "INSERT INTO gipk VALUES (9, 9, 'nine')",
      "SET SESSION sql_generate_invisible_primary_key = ON",
      "CREATE TABLE gipk2 SELECT * FROM no_gipk",
      "CREATE TABLE gipk3 LIKE no_gipk",
      "SET SESSION sql_generate_invisible_primary_key = OFF",
      "INSERT INTO gipk3 SELECT * FROM no_gipk",
      "UPDATE gipk2 SET v = 77 LIMIT 1",
      "ALTER TABLE gipk ALTER COLUMN my_row_id SET VISIBLE",
      "UPDATE gipk SET t = 'visible'",
      "ALTER TABLE gipk2 DROP PRIMARY KEY, DROP COLUMN my_row_id",
      "UPDATE gipk2 SET v = 78 LIMIT 1",
    ],
  },
  {
    name: "multi-valued and functional indexes",
    make: [
      `CREATE TABLE mvi (id INT PRIMARY KEY, j JSON, name VARCHAR(30), KEY zips ((CAST(j->'$.zips' AS UNSIGNED ARRAY))),
         UNIQUE KEY tags ((CAST(j->'$.tags' AS CHAR(20) ARRAY))), UNIQUE KEY lowered ((LOWER(name))), KEY fn ((id % 7), name DESC))`,
      `INSERT INTO mvi VALUES (1, '{"zips": [1, 2, 3], "tags": ["a", "b"]}', 'Ann'), (2, '{"zips": [], "tags": ["c"]}', 'Bob'), (3, NULL, NULL)`,
    ],
    change: [
      "START TRANSACTION",
      `UPDATE mvi SET j = '{"tags": ["x"]}', name = 'Carl' WHERE id = 1`,
      `UPDATE mvi SET j = '{"tags": ["a"]}', name = 'ANN' WHERE id = 2`,
      "COMMIT",
      "START TRANSACTION",
      "DELETE FROM mvi WHERE id = 2",
      `INSERT INTO mvi VALUES (8, '{"zips": [9], "tags": ["a"]}', 'ann')`,
      "COMMIT",
      "ALTER TABLE mvi ADD KEY late ((JSON_LENGTH(j))), ADD COLUMN k INT AFTER id",
      "UPDATE mvi SET k = 5",
      "INSERT INTO mvi VALUES (9, 9, '{\"tags\": [\"z\"]}', 'Zoe')",
      "ALTER TABLE mvi DROP KEY lowered",
      "DELETE FROM mvi WHERE id = 1",
    ],
  },
  {
    name: "a generated column as key, an invisible index, a check that is off, an expression that is a date",
    make: [
      "CREATE TABLE g_key (a INT, g INT AS (a * 2) STORED, v INT, PRIMARY KEY (g))",
      "INSERT INTO g_key (a, v) VALUES (1, 1), (2, 2), (3, 3)",
      "CREATE TABLE more (id INT PRIMARY KEY, v INT, d DATE DEFAULT (CURRENT_DATE + INTERVAL 1 YEAR), KEY (v) INVISIBLE, CHECK (v < 10) NOT ENFORCED)",
      "INSERT INTO more (id, v) VALUES (1, 100), (2, 2)",
    ],
    change: [
      "UPDATE g_key SET a = a + 10, v = 5 WHERE v = 2",
      "DELETE FROM g_key WHERE v = 1",
      "INSERT INTO more (id, v) VALUES (3, 300)",
      "ALTER TABLE more ALTER INDEX v VISIBLE",
    ],
  },
  {
    name: "places with a spatial reference system",
    make: [
      "CREATE TABLE place (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, g GEOMETRY SRID 3857, a GEOMETRY, SPATIAL INDEX (p))",
      "INSERT INTO place VALUES (1, ST_GeomFromText('POINT(50 10)', 4326), ST_GeomFromText('LINESTRING(1 2, 3 4)', 3857), ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))', 4326)), (2, ST_GeomFromText('POINT(-50 179)', 4326), NULL, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'))",
    ],
    change: [
      "UPDATE place SET p = ST_GeomFromText('POINT(-89 -170)', 4326) WHERE id = 1",
      "INSERT INTO place VALUES (3, ST_GeomFromText('POINT(1 1)', 4326), ST_GeomFromText('POINT(1 1)', 3857), POINT(1, 2))",
    ],
  },
];

const mariadb: readonly Oddity[] = [
  {
    name: "unique keys of long columns, which the server keeps as hidden hashes",
    make: [
      "CREATE TABLE hashed (id INT PRIMARY KEY, t TEXT, b LONGBLOB NOT NULL, UNIQUE KEY (t), UNIQUE KEY (b))",
      "INSERT INTO hashed VALUES (1, 'a', 'x'), (2, NULL, 'y'), (3, REPEAT('é', 9000), REPEAT('z', 70000))",
      "CREATE TABLE hash_key (t TEXT NOT NULL, v INT, UNIQUE KEY (t))",
      "INSERT INTO hash_key VALUES ('a', 1), ('b', 2), ('c', 3)",
    ],
    change: [
      "START TRANSACTION",
      "UPDATE hashed SET t = 'b', b = 'w' WHERE id = 1",
      "UPDATE hashed SET t = 'a', b = 'x' WHERE id = 2",
      "COMMIT",
      "UPDATE hash_key SET v = v + 1, t = CONCAT(t, t)",
      "DELETE FROM hash_key WHERE v = 3",
      "ALTER TABLE hashed ADD c INT DEFAULT 3, ADD UNIQUE KEY (t, c)",
      "INSERT INTO hashed VALUES (9, 'nine', 'n', 9)",
      "DELETE FROM hashed WHERE id = 3",
    ],
  },
  {
    name: "periods of time, a default out of a sequence, keys of many columns, an ignored index",
    make: [
      "CREATE TABLE stay (id INT, a DATE, b DATE, v INT, PERIOD FOR p (a, b), UNIQUE (id, p WITHOUT OVERLAPS))",
      "INSERT INTO stay VALUES (1, '2020-01-01', '2020-12-31', 1), (2, '2020-01-01', '2020-12-31', 2)",
      "CREATE SEQUENCE counter START WITH 100 INCREMENT BY 5",
      "CREATE TABLE counted (id INT PRIMARY KEY DEFAULT (NEXTVAL(counter)), v INT)",
      "INSERT INTO counted (v) VALUES (1), (2)",
      `CREATE TABLE long_key (${manyColumns
        .slice(0, 16)
        .map((name) => `${name} TINYINT`)
        .join(", ")}, v INT, PRIMARY KEY (${manyColumns.slice(0, 16).join(", ")}), KEY skipped (v) IGNORED)`,
      `INSERT INTO long_key VALUES (${manyColumns
        .slice(0, 16)
        .map(() => "1")
        .join(", ")}, 1), (${manyColumns
        .slice(0, 16)
        .map(() => "2")
        .join(", ")}, 2)`,
    ],
    change: [
      "DELETE FROM stay FOR PORTION OF p FROM '2020-03-01' TO '2020-04-01' WHERE id = 1",
      "UPDATE stay FOR PORTION OF p FROM '2020-05-01' TO '2020-06-01' SET v = 9 WHERE id = 2",
      "INSERT INTO counted (v) VALUES (3)",
      "UPDATE long_key SET c16 = 5 WHERE v = 2",
      "ALTER TABLE stay DROP PERIOD FOR p",
    ].slice(0, 4),
  },
  {
    name: "programs as Oracle writes them",
    make: [
      "CREATE TABLE ora_t (id INT PRIMARY KEY, v VARCHAR(20))",
      "SET @@sql_mode = 'ORACLE'",
      `CREATE PROCEDURE ora(p1 INT) AS x INT := 1; BEGIN IF p1 > x THEN UPDATE ora_t SET v = 'a' || x WHERE id = p1; END IF; END`,
      `CREATE FUNCTION oraf(p1 VARCHAR2(10)) RETURN VARCHAR2(20) DETERMINISTIC AS BEGIN RETURN p1 || 'x'; END`,
      `CREATE PACKAGE pkg AS FUNCTION one RETURN INT; END`,
      `CREATE PACKAGE BODY pkg AS FUNCTION one RETURN INT AS BEGIN RETURN 1; END; END`,
      `CREATE TRIGGER orat BEFORE INSERT ON ora_t FOR EACH ROW BEGIN :NEW.v := :NEW.v || '!'; END`,
      "SET @@sql_mode = DEFAULT",
    ],
    change: ["INSERT INTO ora_t VALUES (2, 'two'), (3, 'three')", "CALL ora(2)"],
  },
];

export function odditiesOf(flavour: Flavour): readonly Oddity[] {
  return [...common, ...(flavour === "mysql" ? mysql : mariadb)];
}
