import { describe, expect, test } from "@jest/globals";
import { leftOf } from "../../replication/recovered.ts";

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
  ])("what of it is done already is passed over: %s", (sql, left) => {
    expect(leftOf(sql, false, { statements: [] })).toBe(left);
  });
});
