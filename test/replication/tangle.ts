import type { Random } from "./random.ts";

/** Tables whose rows have to do with each other in every way there is. */
export const tangleSchema = [
  "CREATE DATABASE shop CHARACTER SET utf8mb4",
  "USE shop",
  `CREATE TABLE parent (id INT PRIMARY KEY, code VARCHAR(10) COLLATE utf8mb4_general_ci UNIQUE, v INT)`,
  `CREATE TABLE child (id INT PRIMARY KEY, parent INT, v INT,
     FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE)`,
  `CREATE TABLE grandchild (a INT, b INT, child INT, v INT, PRIMARY KEY (b, a),
     FOREIGN KEY (child) REFERENCES child (id) ON DELETE SET NULL ON UPDATE CASCADE)`,
  `CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id))`,
  `CREATE TABLE bill (id INT PRIMARY KEY, v INT)`,
  `CREATE TABLE line (bill INT, no INT, v INT, PRIMARY KEY (bill, no), FOREIGN KEY (bill) REFERENCES bill (id))`,
  `CREATE TABLE word (w VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT UNIQUE, note TEXT, UNIQUE (note(2)))`,
  `CREATE TABLE plain (id INT PRIMARY KEY, v INT, note TEXT, at TIMESTAMP(6) NULL ON UPDATE CURRENT_TIMESTAMP(6))`,
];

export const tangleTables = ["parent", "child", "grandchild", "tree", "bill", "line", "word", "plain"];

/** A statement that may well fail, since few keys are fought over. */
export function tangleStatement(random: Random): string {
  const id = (): string => String(1 + random.below(8));
  const reference = (): string => (random.below(4) === 0 ? "NULL" : id());
  const word = (): string => random.pick(["'a'", "'A'", "'ä'", "'b'", "'B '", "'ss'", "'ß'", "NULL"]);
  const note = (): string => `'${"xy".charAt(random.below(2))}${"pq".charAt(random.below(2))}${id()}'`;
  const one = (...choices: [() => string, ...(() => string)[]]): string => random.pick(choices)();
  return one(
    () => `INSERT INTO parent VALUES (${id()}, ${word()}, ${id()})`,
    () => `UPDATE parent SET code = ${word()} WHERE id = ${id()}`,
    () => `UPDATE parent SET v = v + 1 WHERE id <= ${id()}`,
    () => `UPDATE parent SET id = ${id()} WHERE id = ${id()}`,
    () => `DELETE FROM parent WHERE id = ${id()}`,
    () => `INSERT INTO child VALUES (${id()}, ${reference()}, ${id()})`,
    () => `UPDATE child SET parent = ${reference()} WHERE id = ${id()}`,
    () => `UPDATE child SET id = ${id()}, v = v + 1 WHERE id = ${id()}`,
    () => `UPDATE child SET v = v + 1 WHERE parent = ${id()}`,
    () => `DELETE FROM child WHERE id = ${id()}`,
    () => `INSERT INTO grandchild VALUES (${id()}, ${id()}, ${reference()}, ${id()})`,
    () => `UPDATE grandchild SET child = ${reference()}, v = v + 1 WHERE a = ${id()}`,
    () => `UPDATE grandchild SET a = a + 1 WHERE b = ${id()} ORDER BY a DESC`,
    () => `DELETE FROM grandchild WHERE b = ${id()}`,
    () => `INSERT INTO tree VALUES (${id()}, ${reference()})`,
    () => `UPDATE tree SET up = ${reference()} WHERE id = ${id()}`,
    () => `DELETE FROM tree WHERE id = ${id()}`,
    () => `INSERT INTO bill VALUES (${id()}, 0)`,
    () => `INSERT INTO line VALUES (${id()}, ${id()}, 0)`,
    () => `DELETE FROM line WHERE bill = ${id()}`,
    () => `DELETE FROM bill WHERE id = ${id()}`,
    () => `INSERT INTO word VALUES (${word()}, ${reference()}, ${note()})`,
    () => `UPDATE word SET w = ${word()} WHERE v = ${id()}`,
    () => `UPDATE word SET v = ${reference()} WHERE w = ${word()}`,
    () => `UPDATE word SET v = 9 - v`,
    () => `UPDATE word SET note = ${note()} WHERE w = ${word()}`,
    () => `DELETE FROM word WHERE w = ${word()}`,
    () => `INSERT INTO plain VALUES (${id()}, ${id()}, 'x', NULL)`,
    () => `UPDATE plain SET v = ${id()}, at = NULL WHERE id = ${id()}`,
    () => `UPDATE plain SET note = REPEAT('long', 600) WHERE id = ${id()}`,
    () => `UPDATE plain SET note = 'x' WHERE id <> ${id()}`,
    () => `DELETE FROM plain WHERE id = ${id()}`,
    () => `REPLACE INTO plain VALUES (${id()}, ${id()}, 'y', NOW(6))`,
    () => `REPLACE INTO word VALUES ('c', ${id()}, ${note()})`,
    () => `SET foreign_key_checks = ${random.below(20) === 0 ? 0 : 1}`,
  );
}
