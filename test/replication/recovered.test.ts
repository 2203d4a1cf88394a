import { describe, expect, test } from "@jest/globals";
import { isOfProgram, leftOf } from "../../replication/recovered.ts";

describe("a statement that was under way when the server ended", () => {
  test("is run when the server did not start since", () => {
    expect(leftOf("DROP TABLE a, b", false, undefined)).toBe("DROP TABLE a, b");
  });

  test("is not run when the server has finished it", () => {
    const sql = "ALTER TABLE t ADD COLUMN x INT";
    expect(leftOf(sql, false, { statements: ["DROP TABLE a", sql] })).toBeUndefined();
  });

  test.each([
    ["DROP TABLE a, b", "DROP TABLE IF EXISTS a, b"],
    ["DROP TABLE `table` /* it is gone */", "DROP TABLE IF EXISTS `table` /* it is gone */"],
    ["drop temporary table t", "drop temporary table IF EXISTS t"],
    ["DROP TABLE if exists t", "DROP TABLE if exists t"],
    ["DROP TABLE event", "DROP TABLE IF EXISTS event"],
    ["DROP PACKAGE BODY p", "DROP PACKAGE BODY IF EXISTS p"],
    ["DROP PACKAGE `body`", "DROP PACKAGE IF EXISTS `body`"],
    ["DROP TRIGGER shop.tr", "DROP TRIGGER IF EXISTS shop.tr"],
    ["DROP INDEX i ON t", "DROP INDEX i ON t"],
    ["CREATE TABLE t (i INT)", "CREATE TABLE t (i INT)"],
    ["CREATE TABLE event (i INT)", "CREATE TABLE event (i INT)"],
    ["CREATE DATABASE shop", "CREATE DATABASE IF NOT EXISTS shop"],
    ["CREATE OR REPLACE DATABASE shop", "CREATE OR REPLACE DATABASE shop"],
    [
      "CREATE DEFINER=`a`@`%` PROCEDURE p() DROP TABLE t",
      "CREATE OR REPLACE DEFINER=`a`@`%` PROCEDURE p() DROP TABLE t",
    ],
    ["CREATE EVENT IF NOT EXISTS e DO SELECT 1", "CREATE EVENT IF NOT EXISTS e DO SELECT 1"],
    ["CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1"],
    ["CREATE TRIGGER function AFTER INSERT ON t", "CREATE TRIGGER function AFTER INSERT ON t"],
  ])("what of it is done already is passed over: %s", (sql, left) => {
    expect(leftOf(sql, false, { statements: [] })).toBe(left);
  });

  test.each([
    ["CREATE FUNCTION f() RETURNS INT RETURN 1", true],
    ["DROP EVENT e", true],
    ["ALTER PROCEDURE p COMMENT 'x'", true],
    ["CREATE TABLE function (i INT)", false],
    ["CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW CALL p()", false],
  ])("is known to be kept in tables that a crash may lose: %s", (sql, expected) => {
    expect(isOfProgram(sql, false)).toBe(expected);
  });
});
