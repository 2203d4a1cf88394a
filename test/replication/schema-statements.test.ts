import { expect, test } from "@jest/globals";
import { withoutStart } from "../../replication/schema-statements.ts";

test.each([
  ["CREATE TABLE `t` (`a` int) START TRANSACTION ENGINE=InnoDB", "CREATE TABLE `t` (`a` int)  ENGINE=InnoDB"],
  ["CREATE TABLE `t` (`a` int) ENGINE=InnoDB START TRANSACTION", "CREATE TABLE `t` (`a` int) ENGINE=InnoDB "],
  [
    "CREATE TABLE `START TRANSACTION` (`a` int) START TRANSACTION COMMENT='START TRANSACTION'",
    "CREATE TABLE `START TRANSACTION` (`a` int)  COMMENT='START TRANSACTION'",
  ],
])("a table whose rows follow is made without the word that they do: %s", (sql, made) => {
  expect(withoutStart(sql)).toBe(made);
});

test.each(["CREATE PROCEDURE p() START TRANSACTION", "CREATE TABLE t (a INT COMMENT 'START TRANSACTION')"])(
  "this stays as it is: %s",
  (sql) => {
    expect(withoutStart(sql)).toBe(sql);
  },
);
