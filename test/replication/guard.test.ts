import { describe, expect, test } from "@jest/globals";
import { withDefiner } from "../../replication/definer.ts";
import { guarded, isGuarded } from "../../replication/guard.ts";
import { statement } from "./stream.ts";

const trigger = "BEGIN IF @hotsite_applies IS NULL THEN ";
const event = "BEGIN IF @@GLOBAL.read_only = 0 THEN ";

describe("a program that came from the source", () => {
  test.each([
    ["CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "SET NEW.a = 1", trigger],
    [
      "CREATE OR REPLACE DEFINER=`a``b`@`%` TRIGGER `event` AFTER DELETE ON t FOR EACH ROW FOLLOWS other BEGIN DO 1; END -- so",
      "BEGIN DO 1; END -- so",
      trigger,
    ],
    ["CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'DO it' DO DELETE FROM t", "DELETE FROM t", event],
    ["ALTER DEFINER=a@b EVENT e DO SELECT 1", "SELECT 1", event],
  ])("does nothing where a link writes: %s", (sql, body, opening) => {
    const made = guarded(sql, false);
    expect(made).toBe(`${sql.slice(0, -body.length)}${opening}${body}\n; END IF; END`);
    expect(isGuarded(made.slice(sql.length - body.length))).toBe(true);
    expect(guarded(made, false)).toBe(made);
  });

  test.each([
    "ALTER EVENT e DISABLE",
    "DROP TRIGGER tr",
    "CREATE TABLE `trigger` (a INT) -- FOR EACH ROW SET x",
    "CREATE PROCEDURE p() BEGIN FOR EACH IN (SELECT 1) DO SELECT 1; END FOR; END",
  ])("but for triggers and events nothing is changed: %s", (sql) => {
    expect(guarded(sql, false)).toBe(sql);
  });

  test.each([
    ["CREATE TRIGGER tr BEFORE", "CREATE DEFINER=`a`@`b` TRIGGER tr BEFORE"],
    [
      "CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW v AS SELECT 1",
      "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a`@`b` SQL SECURITY INVOKER VIEW v AS SELECT 1",
    ],
    ["ALTER EVENT e DISABLE", "ALTER DEFINER=`a`@`b` EVENT e DISABLE"],
    ["ALTER PROCEDURE p COMMENT ''", "ALTER PROCEDURE p COMMENT ''"],
    ["ALTER PROCEDURE p SQL SECURITY INVOKER", "ALTER PROCEDURE p SQL SECURITY INVOKER"],
    [
      "CREATE DEFINER=x@y FUNCTION f() RETURNS INT RETURN 1",
      "CREATE DEFINER=x@y FUNCTION f() RETURNS INT RETURN 1",
    ],
    ["CREATE TABLE `view` (a INT)", "CREATE TABLE `view` (a INT)"],
  ])("belongs to who made it there: %s", (sql, made) => {
    expect(withDefiner(statement(sql, { invoker: { user: "a", host: "b" } }))).toBe(made);
    expect(withDefiner(statement(sql))).toBe(sql);
  });
});
