import { expect, test } from "@jest/globals";
import { filledByItself } from "../../replication/own-values.ts";

const table = (sql: string): string | undefined => filledByItself(sql, false, "shop")?.name;

test.each([
  "ALTER TABLE t ADD COLUMN u CHAR(36) DEFAULT uuid()",
  "ALTER TABLE shop.t ADD a INT, ADD COLUMN IF NOT EXISTS u CHAR(36) NOT NULL DEFAULT (CONCAT('x', UUID())) AFTER a",
  "ALTER TABLE t ADD (a INT DEFAULT 1, who VARCHAR(80) DEFAULT current_user)",
  "ALTER TABLE t ADD n BIGINT DEFAULT (NEXT VALUE FOR s), FORCE",
  "ALTER TABLE t ADD n BIGINT DEFAULT nextval(`s`)",
  "ALTER TABLE t ADD v VARCHAR(30) DEFAULT (@@hostname)",
])("the source alone knows what this gives to rows that are there: %s", (sql) => {
  expect(table(sql)).toBe("t");
});

test.each([
  "ALTER TABLE t ADD COLUMN d DATETIME DEFAULT NOW(), ADD e INT DEFAULT 0 AFTER `user`",
  "ALTER TABLE t ADD COLUMN c INT DEFAULT 0 AFTER user, ADD KEY user (user)",
  "ALTER TABLE t ADD COLUMN c INT DEFAULT (version + 1)",
  "ALTER TABLE t ADD COLUMN c INT, MODIFY u CHAR(36) DEFAULT (UUID())",
  "ALTER TABLE t ADD COLUMN c INT, ALTER COLUMN u SET DEFAULT (UUID())",
  "CREATE TABLE t (`ADD` INT, u CHAR(36) DEFAULT (UUID()))",
  "ALTER TABLE t ADD c TEXT DEFAULT 'UUID()' COMMENT 'RAND()'",
])("this gives every server the same: %s", (sql) => {
  expect(table(sql)).toBeUndefined();
});
