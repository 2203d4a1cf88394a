import { jest, test } from "@jest/globals";
import { ServerLink } from "./server-link.ts";

jest.setTimeout(120_000);

test("between servers of MariaDB 11.8, what only they have is carried: vectors, their UUIDs, times behind 2038", async () => {
  await using link = await ServerLink.start(["shop"], { source: "MariaDB 11.8", target: "MariaDB 11.8" });
  const writer = await link.east.connect();
  const before = [
    "CREATE DATABASE shop",
    "USE shop",
    `CREATE TABLE t (id UUID DEFAULT UUID_v7() PRIMARY KEY, v VECTOR(3) NOT NULL, n VARCHAR(20), i4 INET4,
       ts TIMESTAMP(3) NULL, VECTOR INDEX (v))`,
    `INSERT INTO t (v, n, i4, ts) SELECT VEC_FromText('[1,2.5,-3]'), CONCAT('ü', seq), '1.2.3.4',
       '2100-01-01 00:00:00.5' FROM seq_1_to_50`,
  ];
  for (const sql of before) await writer.query(sql);
  link.run();
  await link.reach();
  await link.expectEqual();
  const after = [
    "INSERT INTO t (v, n) VALUES (VEC_FromText('[0,0,1e-7]'), 'x')",
    "UPDATE t SET v = VEC_FromText('[9,9,9]'), ts = '2106-01-01' WHERE n LIKE '%1'",
    "ALTER TABLE t ADD COLUMN w VECTOR(2)",
    "CREATE TABLE keyless (a VECTOR(2), b UUID)",
    "INSERT INTO keyless VALUES (VEC_FromText('[1,2]'), UUID()), (NULL, NULL)",
    "DELETE FROM keyless WHERE b IS NOT NULL",
    "CREATE TRIGGER tr AFTER DELETE ON t FOR EACH ROW INSERT INTO keyless (b) VALUES (OLD.id)",
    "DELETE FROM t WHERE n LIKE '%2'",
    "CREATE TABLE c AS SELECT * FROM t",
    "CREATE TABLE texts (id INT PRIMARY KEY, a TEXT CHARACTER SET latin1, b CHAR(9)) CHARACTER SET utf8mb4",
    "SET character_set_collations = 'utf8mb4=utf8mb4_polish_ci'",
    "CREATE TABLE polish (id INT PRIMARY KEY, b CHAR(9)) CHARACTER SET utf8mb4",
    "SET character_set_collations = ''",
    "CREATE TABLE old (id INT PRIMARY KEY, b CHAR(9)) CHARACTER SET utf8mb4",
  ];
  for (const sql of after) await writer.query(sql);
  await link.reach();
  await link.expectEqual();
});
