import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { jsonSql } from "../../replication/json-sql.ts";
import { startMysql } from "../support/mysql.ts";
import { mysqlJson } from "./type-matrix.ts";

test.each(["9.7", "8.0.15"] as const)(
  "a JSON document is the same text again at another MySQL %s, and is found by it, also with decimals in it",
  async (version) => {
    await using server = await startMysql({ serverId: 101, version });
    await server.query("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, d JSON)");
    const documents = [...mysqlJson.edges, ...fc.sample(mysqlJson.some, { numRuns: 150, seed: 4 })];
    const connection = await server.connect({ database: "a", jsonStrings: true });
    for (const [id, document] of documents.entries()) {
      await connection.query(`REPLACE INTO t VALUES (0, ${document})`);
      const text = async (from: number): Promise<unknown> => {
        const [rows] = await connection.query({
          sql: `SELECT d FROM t WHERE id = ${from}`,
          rowsAsArray: true,
        });
        return (rows as unknown[][])[0]?.[0];
      };
      const source = String(await text(0));
      await connection.query(`INSERT INTO t VALUES (${id + 1}, ${jsonSql(source)})`);
      expect(await text(id + 1)).toBe(source);
      const [found] = await connection.query(
        `SELECT 1 FROM t WHERE id = ${id + 1} AND d = ${jsonSql(source)}`,
      );
      expect([source, found]).toEqual([source, [expect.anything()]]);
    }
  },
  90_000,
);
