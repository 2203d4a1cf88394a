import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import { Secret } from "../../core/secret.ts";
import type { SourceRows } from "../../replication/binlog/transactions.ts";
import { openChunk } from "../../replication/copy-chunk.ts";
import { readTransactions } from "../../replication/read-transactions.ts";
import type { Row } from "../../replication/record.ts";
import { readColumns } from "../../replication/source-columns.ts";
import { Source, type SourceOptions } from "../../replication/source.ts";
import { startMariadb, type MariadbServer } from "../support/mariadb.ts";
import { createMatrix, edgeRows, insertRow, someRow } from "./type-matrix.ts";

const signal = AbortSignal.timeout(120_000);
let server: MariadbServer;
let source: SourceOptions;

beforeAll(async () => {
  server = await startMariadb({ serverId: 101, domain: 1 });
  source = { site: "east", host: "127.0.0.1", port: server.port, user: "root", password: new Secret("") };
  await server.query("CREATE DATABASE a");
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe("what the binlog says of a row is what SELECT says of it", () => {
  test("for every type at its edges and thousands of values between, compressed or not", async () => {
    const rows = [...edgeRows, ...fc.sample(someRow, { numRuns: 120, seed: 20 })];
    const from = await position();
    await server.query(
      "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
      createMatrix("a.matrix"),
      ...rows.map((row, id) => insertRow("a.matrix", id, row)),
      "SET GLOBAL log_bin_compress = ON, GLOBAL log_bin_compress_min_len = 10",
      "UPDATE a.matrix SET hidden = hidden + 1 WHERE id % 2 = 1",
    );
    const images = new Map<number, Row>();
    for (const change of await changesAfter(from)) {
      for (const row of change.after ?? change.rows) images.set(Number(row[0]), row);
    }
    const selected = await select("matrix");
    expect(selected.length).toBe(rows.length);
    for (const row of selected) expect(images.get(Number(row[0]))).toEqual(row);
  }, 60_000);
});

async function position(): Promise<string> {
  const [row] = await server.query("SELECT @@gtid_binlog_pos AS position");
  return String(row?.["position"]);
}

async function changesAfter(from: string): Promise<readonly SourceRows[]> {
  const changes: SourceRows[] = [];
  const options = { source, databases: ["a"], clock: systemClock };
  for await (const piece of readTransactions(options, from, await position(), signal))
    changes.push(...piece.changes.filter((change) => change.kind !== "statement"));
  return changes;
}

async function select(table: string): Promise<readonly Row[]> {
  await using connection = await Source.open(source, signal);
  const described = (await readColumns(connection, "a", table))!;
  const { rows } = await openChunk(connection, { table: described, limit: 100_000 });
  return await rows;
}
