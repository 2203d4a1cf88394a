import { describe, expect, test } from "@jest/globals";
import { HotsiteError } from "../../core/errors.ts";
import type { StatementChange } from "../../replication/record.ts";
import { parsePattern } from "../../replication/selection/pattern.ts";
import { Selection, type SelectionSpec } from "../../replication/selection/selection.ts";
import { selectedStatement } from "../../replication/selection/statement.ts";

const ansi = 4;

/** What the target is told, `-` for nothing, `stop: why`. */
function told(spec: SelectionSpec, sql: string, { database = "shop", sqlMode = 0 } = {}): string {
  const checks = { foreignKeys: true, unique: true, constraints: true };
  const session = { collationConnection: 45, collationServer: 45, timestamp: 0, checks };
  const change: StatementChange = { kind: "statement", sql, database, sqlMode, ...session };
  try {
    return selectedStatement(change, new Selection(spec))?.sql ?? "-";
  } catch (error) {
    if (!(error instanceof HotsiteError) || error.code !== "unsupported-event") throw error;
    return `stop: ${error.message}`;
  }
}

const same = { shop: "shop", crm: "crm" };

describe("a pattern", () => {
  test.each([
    ["shop.orders", ["shop", "Orders"], true],
    ["shop.tmp_*", ["shop", "tmp_1"], true],
    ["shop.tmp_*", ["shop", "tmpx1"], false],
    ["*.audit", ["crm", "audit"], true],
    ["`a.b`.`c*`", ["a.b", "c*"], true],
    ["`a.b`.`c*`", ["a.b", "cd"], false],
    ["shop.caf\u00e9", ["shop", "CAFE"], true],
  ])("%s of %j: %s", (text, names, fits) => {
    expect(parsePattern(text, 2)?.matches(...names)).toBe(fits);
  });

  test.each(["shop", "shop.", ".orders", "shop.a.b", "shop.`a", "shop..a", ""])("is not %j", (text) => {
    expect(parsePattern(text, 2)).toBeUndefined();
  });
});

describe("tables that are left out", () => {
  const spec = {
    databases: same,
    tables: { exclude: ["shop.session", "shop.tmp_*"] },
    programs: { exclude: ["shop.audit_*"] },
  };

  test.each([
    ["CREATE TABLE orders (id INT, session INT)", "CREATE TABLE orders (id INT, session INT)"],
    ["CREATE TABLE session (id INT, token VARCHAR(9) DEFAULT 'secret')", "-"],
    ["CREATE TABLE `shop`.`Session` (LIKE orders)", "-"],
    ["ALTER TABLE tmp_1 ADD COLUMN x INT DEFAULT 4711", "-"],
    ["TRUNCATE tmp_2", "-"],
    ["CREATE INDEX i ON session (id)", "-"],
    ["DROP INDEX i ON session", "-"],
    [
      "DROP TABLE IF EXISTS orders, `session`, crm.tmp_1 CASCADE",
      "DROP TABLE IF EXISTS orders, crm.tmp_1 CASCADE",
    ],
    ["DROP TABLE session, tmp_1 /* generated */", "-"],
    ["RENAME TABLE tmp_1 TO tmp_2", "-"],
    ["RENAME TABLE tmp_1 TO tmp_2, orders TO `old orders`", "RENAME TABLE orders TO `old orders`"],
    ["DROP DATABASE shop", "DROP DATABASE shop"],
    ["CREATE TRIGGER t BEFORE INSERT ON session FOR EACH ROW SET NEW.a = 'secret'", "-"],
    ["CREATE TRIGGER audit_t AFTER UPDATE ON orders FOR EACH ROW INSERT INTO session VALUES (1)", "-"],
    ["DROP TRIGGER t", "DROP TRIGGER IF EXISTS t"],
    ["DROP TRIGGER IF EXISTS t", "DROP TRIGGER IF EXISTS t"],
    ["CREATE PROCEDURE audit_p() SELECT 1 FROM session", "-"],
    [
      "CREATE VIEW v AS SELECT session, EXTRACT(YEAR FROM session) FROM orders s WHERE s.session = 1",
      "CREATE VIEW v AS SELECT session, EXTRACT(YEAR FROM session) FROM orders s WHERE s.session = 1",
    ],
    ["ALTER TABLE orders TRUNCATE PARTITION tmp_0", "ALTER TABLE orders TRUNCATE PARTITION tmp_0"],
  ])("%s", (sql, expected) => {
    expect(told(spec, sql)).toBe(expected);
  });

  test.each([
    "RENAME TABLE session TO visits",
    "RENAME TABLE orders TO tmp_3",
    "RENAME TABLE orders TO tmp_3, tmp_4 TO orders",
    "ALTER TABLE session RENAME TO visits",
    "ALTER TABLE orders RENAME tmp_9",
    "CREATE TABLE visits LIKE session",
    "CREATE TABLE visits (LIKE `shop`.session)",
    "ALTER TABLE orders EXCHANGE PARTITION p WITH TABLE tmp_1",
    "ALTER TABLE session EXCHANGE PARTITION p WITH TABLE orders",
    "CREATE TABLE child (id INT, FOREIGN KEY (id) REFERENCES session (id))",
    "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shop.session (id)",
    "CREATE VIEW v AS SELECT * FROM orders o, (crm.a JOIN session s ON s.id = o.id)",
    "CREATE VIEW v AS SELECT 1 FROM crm.a WHERE x IN (SELECT id FROM shop.session)",
    "CREATE PROCEDURE p() BEGIN DELETE FROM tmp_1 WHERE id = 1; END",
    "CREATE PROCEDURE p() BEGIN UPDATE session SET a = 1; END",
    "CREATE FUNCTION f() RETURNS INT RETURN (SELECT COUNT(*) FROM `session`)",
    "CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW REPLACE INTO session VALUES (NEW.id)",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO TRUNCATE TABLE tmp_1",
  ])("stop the link: %s", (sql) => {
    expect(told(spec, sql)).toMatch(/^stop: /);
  });

  test("only what is named travels, where something is named", () => {
    const only = { databases: same, tables: { include: ["shop.orders", "crm.*"], exclude: ["crm.log"] } };
    expect(told(only, "CREATE TABLE items (id INT)")).toBe("-");
    expect(told(only, "ALTER TABLE orders ADD x INT")).toBe("ALTER TABLE orders ADD x INT");
    expect(told(only, "DROP TABLE items, orders, crm.log, crm.person")).toBe("DROP TABLE orders, crm.person");
    expect(told(only, "RENAME TABLE items TO orders")).toMatch(/^stop: .*which is replicated/);
    expect(told(only, "CREATE TABLE orders (id INT, FOREIGN KEY (id) REFERENCES items (id))")).toMatch(
      /^stop/,
    );
  });

  test("what stops the link is told without values", () => {
    const stopped = told(spec, "ALTER TABLE session COMMENT 'secret', RENAME TO visits");
    expect(stopped).toMatch(/^stop/);
    expect(stopped).not.toContain("secret");
  });
});

describe("columns that are left out", () => {
  const spec = { databases: same, columns: { exclude: ["shop.customer.card", "*.*.pin"] } };

  test.each([
    [
      "CREATE TABLE customer (id INT PRIMARY KEY, `card` VARCHAR(20) DEFAULT '47,11' CHECK (card <> ''), name TEXT, KEY k (name, card), UNIQUE (pin, id), KEY n (name)) COMMENT='a, b'",
      "CREATE TABLE customer (id INT PRIMARY KEY,\n  name TEXT,\n  KEY n (name)) COMMENT='a, b'",
    ],
    ["CREATE TABLE other (id INT, card INT)", "CREATE TABLE other (id INT, card INT)"],
    ["ALTER TABLE customer ADD COLUMN card INT DEFAULT 4711", "-"],
    ["ALTER TABLE customer ADD card INT DEFAULT 4711 AFTER id, ADD x INT", "ALTER TABLE customer ADD x INT"],
    [
      "ALTER TABLE customer ADD (pin INT, y INT), DROP COLUMN IF EXISTS card",
      "ALTER TABLE customer ADD (y INT)",
    ],
    ["ALTER TABLE customer MODIFY pin CHAR(4), ENGINE=InnoDB", "ALTER TABLE customer ENGINE=InnoDB"],
    ["ALTER TABLE customer CHANGE card Card CHAR(9) DEFAULT 'x'", "-"],
    [
      "ALTER TABLE customer ALTER COLUMN card SET DEFAULT '4711', ADD INDEX (card), ADD z INT",
      "ALTER TABLE customer ADD z INT",
    ],
    ["ALTER TABLE customer ADD x INT /* card 4711 */", "ALTER TABLE customer ADD x INT  "],
    ["ALTER TABLE customer RENAME COLUMN a TO b", "ALTER TABLE customer RENAME COLUMN a TO b"],
    ["CREATE INDEX i ON customer (card, name)", "-"],
    ["CREATE INDEX i ON customer (name)", "CREATE INDEX i ON customer (name)"],
    ["CREATE FULLTEXT INDEX i ON customer (name, card)", "-"],
    ["ALTER TABLE customer DROP INDEX n, DROP COLUMN card", "ALTER TABLE customer DROP INDEX n"],
    // Whether the target has it is not told by the text: where it has none, its server refuses it.
    ["DROP INDEX k ON customer", "DROP INDEX k ON customer"],
    ["ALTER TABLE customer DROP INDEX k", "ALTER TABLE customer DROP INDEX k"],
    ["RENAME TABLE a TO b", "RENAME TABLE a TO b"],
    ["DROP TABLE customer, other", "DROP TABLE customer, other"],
    ["CREATE VIEW v AS SELECT id FROM customer", "CREATE VIEW v AS SELECT id FROM customer"],
  ])("%s", (sql, expected) => {
    expect(told(spec, sql)).toBe(expected);
  });

  test.each([
    "CREATE TABLE customer (id INT, card INT PRIMARY KEY)",
    "CREATE TABLE customer (id INT, pin INT, PRIMARY KEY (id, pin))",
    "CREATE TABLE customer (id INT, pin INT, h INT AS (pin + 1))",
    "CREATE TABLE customer (id INT, pin INT, FOREIGN KEY (pin) REFERENCES other (id))",
    "CREATE TABLE child (id INT, c INT, FOREIGN KEY (c) REFERENCES customer (card))",
    "CREATE TABLE customer (id INT, pin INT) PARTITION BY HASH (pin)",
    "CREATE TABLE card (pin INT)",
    "ALTER TABLE customer RENAME COLUMN card TO note",
    "ALTER TABLE customer RENAME COLUMN note TO card",
    "ALTER TABLE customer CHANGE COLUMN card note TEXT",
    "ALTER TABLE customer ADD x INT AFTER card",
    "ALTER TABLE customer ADD COLUMN x INT DEFAULT 1 AFTER `pin`, ADD y INT",
    "ALTER TABLE customer MODIFY name TEXT AFTER card",
    "ALTER TABLE customer CHANGE name called TEXT AFTER card",
    "DROP INDEX card ON customer",
    "ALTER TABLE customer DROP INDEX pin",
    "ALTER TABLE customer ADD KEY (name), ORDER BY card",
    "ALTER TABLE customer ADD x INT AS (card * 2)",
    "RENAME TABLE customer TO client",
    "RENAME TABLE client TO customer",
    "ALTER TABLE customer RENAME TO client",
    "CREATE TABLE client LIKE customer",
    "ALTER TABLE customer EXCHANGE PARTITION p WITH TABLE other",
    "CREATE VIEW v AS SELECT c.card FROM customer c",
    "CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW SET NEW.card = UPPER(NEW.card)",
    "CREATE PROCEDURE p() UPDATE customer SET pin = 0",
  ])("stop the link: %s", (sql) => {
    expect(told(spec, sql)).toMatch(/^stop: /);
  });

  test("quotes of both kinds and texts are read as the session meant them", () => {
    expect(told(spec, `ALTER TABLE "customer" ADD "card" INT, ADD "x" INT`, { sqlMode: ansi })).toBe(
      `ALTER TABLE "customer" ADD "x" INT`,
    );
    expect(told(spec, `ALTER TABLE customer ADD x TEXT DEFAULT "card", ADD pin INT`)).toBe(
      `ALTER TABLE customer ADD x TEXT DEFAULT "card"`,
    );
    const noEscapes = { sqlMode: 2 ** 20 };
    expect(
      told(spec, String.raw`ALTER TABLE customer ADD x TEXT DEFAULT '\', ADD pin INT`, noEscapes),
    ).toMatch(/^stop/);
  });
});

describe("databases with other names at the target", () => {
  const spec = { databases: { shop: "shop_copy", crm: "crm" } };

  test.each([
    ["CREATE TABLE shop (id INT)", "CREATE TABLE shop (id INT)"],
    [
      "CREATE TABLE shop.a (id INT DEFAULT nextval(shop.s), shop INT)",
      "CREATE TABLE `shop_copy`.a (id INT DEFAULT nextval(`shop_copy`.s), shop INT)",
    ],
    [
      "CREATE TABLE a (FOREIGN KEY (b) REFERENCES `shop` . `b` (id))",
      "CREATE TABLE a (FOREIGN KEY (b) REFERENCES `shop_copy` . `b` (id))",
    ],
    ["RENAME TABLE shop.a TO crm.a, b TO shop.b", "RENAME TABLE `shop_copy`.a TO crm.a, b TO `shop_copy`.b"],
    [
      "DROP TABLE IF EXISTS shop.a, crm.b, `shop`.`shop`",
      "DROP TABLE IF EXISTS `shop_copy`.a, crm.b, `shop_copy`.`shop`",
    ],
    [
      "CREATE DATABASE IF NOT EXISTS shop CHARACTER SET latin1",
      "CREATE DATABASE IF NOT EXISTS `shop_copy` CHARACTER SET latin1",
    ],
    ["ALTER DATABASE COLLATE utf8mb4_bin", "ALTER DATABASE COLLATE utf8mb4_bin"],
    ["CREATE INDEX i ON shop.a (x)", "CREATE INDEX i ON `shop_copy`.a (x)"],
    [
      "ALTER TABLE shop.a ADD x VARCHAR(9) DEFAULT 'shop.a', RENAME shop.b",
      "ALTER TABLE `shop_copy`.a ADD x VARCHAR(9) DEFAULT 'shop.a', RENAME `shop_copy`.b",
    ],
    [
      "CREATE VIEW `shop`.`v` AS select `shop`.`shop`.`id` AS `shop`,`shop`.`f`(1) from (`shop`.`shop` join `shop`.`b` on(`shop`.`id` = `b`.`id`))",
      "CREATE VIEW `shop_copy`.`v` AS select `shop_copy`.`shop`.`id` AS `shop`,`shop_copy`.`f`(1) from (`shop_copy`.`shop` join `shop_copy`.`b` on(`shop`.`id` = `b`.`id`))",
    ],
    [
      "CREATE DEFINER=`shop`@`h` TRIGGER shop.t AFTER DELETE ON shop.a FOR EACH ROW INSERT INTO shop.b SELECT * FROM shop.c, shop.d WHERE c.x = OLD.id",
      "CREATE DEFINER=`shop`@`h` TRIGGER `shop_copy`.t AFTER DELETE ON `shop_copy`.a FOR EACH ROW INSERT INTO `shop_copy`.b SELECT * FROM `shop_copy`.c, `shop_copy`.d WHERE c.x = OLD.id",
    ],
    [
      "CREATE PROCEDURE p() BEGIN DECLARE x INT; CALL shop.q(); UPDATE shop.a SET y = 'shop.a' WHERE a.z = shop.f(2); DELETE shop.a FROM shop.a; SELECT NEXT VALUE FOR shop.s INTO x; END",
      "CREATE PROCEDURE p() BEGIN DECLARE x INT; CALL `shop_copy`.q(); UPDATE `shop_copy`.a SET y = 'shop.a' WHERE a.z = `shop_copy`.f(2); DELETE `shop_copy`.a FROM `shop_copy`.a; SELECT NEXT VALUE FOR `shop_copy`.s INTO x; END",
    ],
  ])("%s", (sql, expected) => {
    expect(told(spec, sql)).toBe(expected);
  });

  test.each([
    "CREATE VIEW v AS SELECT shop.x FROM a",
    "CREATE PROCEDURE p() BEGIN PREPARE s FROM 'SELECT * FROM shop.a'; EXECUTE s; END",
  ])("what cannot be told for certain stops the link: %s", (sql) => {
    expect(told(spec, sql)).toMatch(/^stop: /);
  });

  test("the session's database is renamed with it, and names under ANSI_QUOTES", () => {
    expect(told(spec, `DROP TABLE "shop"."a"`, { sqlMode: ansi })).toBe('DROP TABLE `shop_copy`."a"');
  });
});
