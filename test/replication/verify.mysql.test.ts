import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import type { SourceOptions } from "../../replication/source.ts";
import { verify } from "../../replication/verify.ts";
import type { MariadbServer } from "../support/mariadb.ts";
import { orderWest, startPair, type Pair } from "./pair.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(600_000);

describe("the comparison of two databases", () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await startPair([
      "CREATE DATABASE shop",
      "USE shop",
      "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50), f FLOAT, b BLOB)",
      "INSERT INTO t SELECT seq, CONCAT('row ', seq), seq / 3, REPEAT('x', seq % 9) FROM seq_1_to_5000",
      "CREATE TABLE pairs (a INT, b VARCHAR(20) CHARACTER SET latin1, n INT, PRIMARY KEY (a, b))",
      "INSERT INTO pairs SELECT seq % 70, CONCAT('ü', seq), seq FROM seq_1_to_4500",
      "CREATE TABLE empty (id INT PRIMARY KEY)",
    ]);
    pair.startGateway();
    await waitFor(
      () => pair.gateway.status(signal).then(() => true),
      { timeoutMs: 30_000, what: "the gateway" },
      signal,
    );
    await pair.gateway.start(orderWest(), signal);
    await waitFor(
      async () => ((await pair.gateway.status(signal))?.state === "streaming" ? true : undefined),
      { timeoutMs: 60_000, what: "the copy" },
      signal,
    );
  });
  afterAll(async () => pair[Symbol.asyncDispose]());

  const compare = () =>
    verify(
      {
        source: optionsOf("east", pair.east),
        target: optionsOf("west", pair.west),
        databases: ["shop"],
        clock: systemClock,
      },
      signal,
    );

  test("equal databases do not differ, in every table", async () => {
    expect(await compare()).toEqual([
      { table: "shop.empty", sourceRows: 0, targetRows: 0, differing: 0, keys: [] },
      { table: "shop.pairs", sourceRows: 4500, targetRows: 4500, differing: 0, keys: [] },
      { table: "shop.t", sourceRows: 5000, targetRows: 5000, differing: 0, keys: [] },
    ]);
  });

  test("rows that are being changed raise no false alarm", async () => {
    const writer = await pair.east.connect();
    const done = new AbortController();
    const writing = (async () => {
      for (let turn = 0; !done.signal.aborted; turn += 1)
        await writer.query("UPDATE shop.t SET v = ? WHERE id % 50 = ?", [`turn ${turn}`, turn % 50]);
    })();
    const differences = await compare().finally(() => done.abort());
    await writing;
    expect(differences.map(({ differing }) => differing)).toEqual([0, 0, 0]);
  });

  test("one changed bit, a missing row and a row too many are found by their keys", async () => {
    await pair.west.query(
      "SET sql_log_bin = 0",
      "UPDATE shop.t SET f = f * 1.0000002 WHERE id = 4711",
      "DELETE FROM shop.t WHERE id = 1",
      "INSERT INTO shop.t (id) VALUES (6000)",
      "UPDATE shop.pairs SET n = n + 1 WHERE n = 4500",
      "INSERT INTO shop.empty VALUES (1)",
    );
    const [empty, pairs, t] = await compare();
    expect(empty).toMatchObject({ sourceRows: 0, targetRows: 1, differing: 1, keys: ["(1)"] });
    expect(pairs).toMatchObject({
      differing: 1,
      keys: [expect.stringMatching(/^\(20,_latin1 X'fc34353030'\)$/i)],
    });
    expect(t).toMatchObject({ sourceRows: 5000, targetRows: 5000, differing: 3 });
    expect([...(t?.keys ?? [])].sort()).toEqual(["(1)", "(4711)", "(6000)"]);
  });

  test("a table that is only on one side, or has other columns, differs", async () => {
    await pair.west.query(
      "SET sql_log_bin = 0",
      "CREATE TABLE shop.only (id INT PRIMARY KEY)",
      "ALTER TABLE shop.empty ADD COLUMN more INT",
    );
    const differences = await compare();
    expect(differences.find(({ table }) => table === "shop.only")).toMatchObject({
      keys: ["only at the target"],
    });
    expect(differences.find(({ table }) => table === "shop.empty")).toMatchObject({
      keys: ["other columns"],
    });
  });
});

function optionsOf(site: string, { root }: MariadbServer): SourceOptions {
  return { site, host: root.host, port: root.port, user: root.user, password: new Secret("") };
}
