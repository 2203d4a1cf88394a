import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ServerLink } from "./server-link.ts";

jest.setTimeout(90_000);
let link: ServerLink;

beforeEach(async () => {
  link = await ServerLink.start(["shop"]);
  await link.east.query("CREATE DATABASE shop", "CREATE DATABASE other");
  // Accounts do not travel.
  for (const server of [link.east, link.west])
    await server.query(
      "SET sql_log_bin = 0",
      "CREATE USER someone@nowhere",
      "GRANT ALL ON shop.* TO someone@nowhere",
    );
});
afterEach(async () => link[Symbol.asyncDispose]());

/** Makes what is there before, copies it, then runs the statements while the link follows. */
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

test("a link stops at an event where the target would run it as well, and goes on once it does not", async () => {
  await follow([], ["CREATE TABLE t (id INT PRIMARY KEY)"]);
  await link.west.query("SET GLOBAL read_only = OFF", "SET GLOBAL event_scheduler = ON");
  await link.east.query("CREATE EVENT shop.e ON SCHEDULE EVERY 1 SECOND DO INSERT INTO shop.t VALUES (1)");
  expect(await link.failure()).toMatchObject({ message: expect.stringMatching(/writable and runs events/) });
  await link.stop().catch(() => undefined);
  await link.west.query("SET GLOBAL read_only = ON");
  link.run();
  await link.reach();
  await link.expectEqual();
  await link.stop();
  await link.west.query("SET GLOBAL read_only = OFF");
  link.run();
  expect(await link.failure()).toMatchObject({ code: "events", message: expect.stringContaining("shop.e") });
  await link.stop().catch(() => undefined);
});

describe("a link carries", () => {
  test("checks that are added while none is looked at, and a database that goes and comes back", async () => {
    await follow(
      [],
      [
        "CREATE TABLE c (id INT PRIMARY KEY, a INT, CONSTRAINT small CHECK (a < 500))",
        "SET check_constraint_checks = 0",
        "INSERT INTO c VALUES (1, 600)",
        "ALTER TABLE c ADD CHECK (a <> 600)",
        "SET check_constraint_checks = 1",
        "UPDATE c SET id = 2, a = 7",
      ],
    );
    await link.east.query("DROP DATABASE shop");
    await link.reach();
    await link.east.query("CREATE DATABASE shop", "CREATE TABLE shop.again AS SELECT 1 AS id");
    await link.reach();
    await link.expectEqual();
  });

  test("tables made from a SELECT, also large ones", async () => {
    await follow(
      [],
      [
        "CREATE TABLE a AS SELECT seq AS id, MD5(seq) AS m FROM seq_1_to_10",
        "CREATE OR REPLACE TABLE a (id INT PRIMARY KEY) AS SELECT seq AS id, REPEAT('x', 500) AS m FROM seq_1_to_4000",
        "CREATE TABLE IF NOT EXISTS b SELECT * FROM a LIMIT 3",
        "CREATE TABLE IF NOT EXISTS b SELECT * FROM a LIMIT 3",
        "CREATE TABLE c LIKE a",
        "INSERT INTO c SELECT * FROM a WHERE id % 7 = 0",
        "CREATE TABLE d AS SELECT 1 AS one WHERE FALSE",
        "TRUNCATE a",
        // It fails, and the table that it was to replace is gone.
        "SET @failed = 0",
        "CREATE PROCEDURE fails() BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET @failed = 1; CREATE OR REPLACE TABLE d (id INT PRIMARY KEY) AS SELECT 1 AS id UNION ALL SELECT 1; END",
        "CALL fails()",
      ],
    );
  });

  test("statements with the session that they were run in", async () => {
    await follow(
      [],
      [
        "SET explicit_defaults_for_timestamp = 0",
        "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP, later TIMESTAMP)",
        "SET explicit_defaults_for_timestamp = 1, sql_if_exists = 1",
        "ALTER TABLE t ADD COLUMN x INT",
        "ALTER TABLE absent ADD COLUMN x INT",
        "DROP TABLE absent",
        "SET sql_if_exists = 0, binlog_alter_two_phase = 1",
        "ALTER TABLE t ADD COLUMN y INT DEFAULT (x + 1)",
        "INSERT INTO t (id) VALUES (1)",
        "SET binlog_alter_two_phase = 0",
        "USE other",
        "CREATE TABLE shop.elsewhere (id INT PRIMARY KEY)",
        "INSERT INTO shop.elsewhere VALUES (1), (2), (3)",
        "SET auto_increment_increment = 7, auto_increment_offset = 3, lc_time_names = 'de_DE'",
        "ALTER TABLE shop.elsewhere ADD COLUMN counted INT AUTO_INCREMENT UNIQUE, ADD COLUMN m VARCHAR(20) DEFAULT (MONTHNAME('2020-01-01'))",
        "SET auto_increment_increment = 1, auto_increment_offset = 1, lc_time_names = 'en_US'",
        "ALTER TABLE shop.elsewhere DROP COLUMN counted, ADD COLUMN counted INT AUTO_INCREMENT UNIQUE",
        "DROP DATABASE other",
        "ALTER TABLE shop.elsewhere ADD COLUMN b INT",
        "USE shop",
        "SET STATEMENT max_statement_time = 100 FOR CREATE TABLE u (id INT PRIMARY KEY)",
        "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
        `CREATE TABLE "from" ("select" INT DEFAULT (1), "a""b" TEXT DEFAULT ('x' || 'y'), PRIMARY KEY ("select"))`,
        "/*!50001 CREATE TABLE */ /*M! IF NOT EXISTS */ executed (id INT)",
        "ALTER DATABASE COMMENT 'mine'",
        "CREATE TABLE rounded (f FLOAT(10,5), v INT)",
        "INSERT INTO rounded VALUES (99999.99999, 1), (99999.99999, 2)",
        "UPDATE rounded SET v = 3 WHERE v = 2",
        "SET @`each` = 3, @at = '2037-01-02 03:04:05', @until = 20380102030405, @much = 1.5, @none = NULL",
        "CREATE EVENT e ON SCHEDULE EVERY @`each` HOUR STARTS @at ENDS @until DO DELETE FROM u",
        "CREATE EVENT f ON SCHEDULE AT TIMESTAMP(CONCAT('2037-01-0', FLOOR(@much))) + INTERVAL IFNULL(@none, 2) DAY DO DELETE FROM u",
        "SET NAMES latin1",
        "CREATE TABLE euro (id INT PRIMARY KEY, v ENUM('€', 'Ÿ’')) COMMENT '€'",
      ],
    );
    await link.expectSamePrograms();
  });

  test("a column whose values only the source knows, where the table is empty; else it stops", async () => {
    await follow(
      ["CREATE TABLE empty (id INT PRIMARY KEY)", "CREATE TABLE full (id INT PRIMARY KEY)"],
      ["ALTER TABLE empty ADD COLUMN u CHAR(36) DEFAULT uuid()", "INSERT INTO empty (id) VALUES (1)"],
    );
    await link.east.query(
      "INSERT INTO shop.full VALUES (1)",
      "ALTER TABLE shop.full ADD r DOUBLE DEFAULT (RAND())",
    );
    const failure = await link.failure();
    expect([failure.code, failure.hint]).toEqual(["diverged", expect.stringContaining("verify --repair")]);
  });

  test("sequences, with how far they have counted", async () => {
    await follow(
      [
        "CREATE SEQUENCE s START WITH 10 INCREMENT BY 5 CACHE 7",
        "SELECT NEXTVAL(s)",
        "CREATE TABLE t (id INT DEFAULT NEXTVAL(shop.s) PRIMARY KEY, v INT)",
        "CREATE TABLE big (id INT DEFAULT NEXTVAL(shop.s) PRIMARY KEY, v TEXT)",
        "INSERT INTO t (v) VALUES (1), (2)",
      ],
      [
        "INSERT INTO t (v) SELECT seq FROM seq_1_to_30",
        "INSERT INTO big (v) SELECT REPEAT(MD5(seq), 30) FROM seq_1_to_3000",
        "CREATE SEQUENCE shop.u CYCLE MAXVALUE 3 NOCACHE",
        "DO NEXTVAL(u), NEXTVAL(u), NEXTVAL(u), NEXTVAL(u)",
        "DO SETVAL(s, 100000)",
        "ALTER SEQUENCE s INCREMENT BY 2",
        "RENAME TABLE u TO w",
        "DO NEXTVAL(w)",
        "CREATE TABLE counted AS SELECT NEXTVAL(s) AS n FROM seq_1_to_20",
        "RENAME TABLE counted TO done",
      ],
    );
    const next = async (server: ServerLink["east"]) =>
      Object.values((await server.query("SELECT * FROM shop.w"))[0] ?? {});
    expect(await next(link.west)).toEqual(await next(link.east));
  });

  test("triggers and events, whose effects happen once", async () => {
    await follow(
      [
        "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
        "CREATE TABLE audit (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20), id INT)",
        "CREATE TRIGGER first AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (what, id) VALUES ('new', NEW.id)",
        "CREATE DEFINER=someone@nowhere TRIGGER second AFTER INSERT ON t FOR EACH ROW FOLLOWS first BEGIN IF NEW.id > 2 THEN INSERT INTO audit (what, id) VALUES ('more', NEW.id); END IF; END",
        "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO INSERT INTO audit (what) VALUES ('event')",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
      ],
      [
        "SET GLOBAL event_scheduler = ON",
        "INSERT INTO t VALUES (4, 4), (5, 5)",
        "CREATE TRIGGER gone BEFORE DELETE ON t FOR EACH ROW INSERT INTO audit (what, id) VALUES ('gone', OLD.id)",
        "DELETE FROM t WHERE id = 4",
        "RENAME TABLE t TO u",
        "DROP TRIGGER gone",
        "DELETE FROM u WHERE id = 5",
        "ALTER EVENT e ON SCHEDULE EVERY 2 SECOND DO INSERT INTO audit (what) VALUES ('later')",
        "SET GLOBAL event_scheduler = OFF",
      ],
    );
    await link.stop();
    // Promoted, they do what they did at the source.
    await link.west.query("SET GLOBAL read_only = 0", "INSERT INTO shop.u VALUES (9, 9)");
    const [row] = await link.west.query("SELECT COUNT(*) AS n FROM shop.audit WHERE id = 9");
    expect(Number(row?.["n"])).toBe(2);
    const [trigger] = await link.west.query(
      "SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_NAME = 'second'",
    );
    expect(trigger).toEqual({ DEFINER: "someone@nowhere" });
  });

  test("ALTER TABLE of all kinds, with rows before, between and behind them, while it is not running", async () => {
    const writer = await link.east.connect({ database: "shop" });
    await writer.query(
      "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET latin1, b INT, c DATETIME)",
    );
    link.run();
    await link.reach();
    await link.stop();
    const changes = [
      "ALTER TABLE t ADD COLUMN d DECIMAL(9,3) DEFAULT 1.5 FIRST",
      "ALTER TABLE t MODIFY b BIGINT UNSIGNED AFTER id",
      "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
      "ALTER TABLE t CHANGE c changed TIMESTAMP(3) NULL",
      "ALTER TABLE t DROP COLUMN d, ADD COLUMN e ENUM('x','y') DEFAULT 'y'",
      "ALTER TABLE t MODIFY e SET('x','y')",
      "ALTER TABLE t PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (1000), PARTITION q VALUES LESS THAN MAXVALUE)",
      "CREATE TABLE swap LIKE t",
      "ALTER TABLE swap REMOVE PARTITIONING",
      "ALTER TABLE t EXCHANGE PARTITION q WITH TABLE swap",
      "ALTER TABLE t TRUNCATE PARTITION q",
      "ALTER TABLE t REMOVE PARTITIONING",
      "ALTER TABLE t RENAME COLUMN a TO text, ADD INDEX (text)",
      "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b, id)",
      "ALTER TABLE t DROP PRIMARY KEY",
      "ALTER TABLE t RENAME TO u",
      "CREATE TABLE v LIKE u",
      "RENAME TABLE u TO old, v TO u",
      "RENAME TABLE u TO tmp, old TO u, tmp TO old",
      "DROP TABLE IF EXISTS absent, old",
    ];
    for (const [place, sql] of changes.entries()) {
      const table = place > 15 ? "u" : "t";
      await writer.query(
        `INSERT IGNORE INTO ${table} (id, b) VALUES (${place}, ${place}), (${2000 + place}, 7)`,
      );
      await writer.query(`UPDATE ${table} SET b = b + 1 WHERE id % 2 = ${place % 2}`);
      await writer.query(sql);
    }
    await writer.query("INSERT INTO u (id, b) VALUES (5000, 1)");
    link.run();
    await link.reach();
    await link.expectEqual();
  });
});
