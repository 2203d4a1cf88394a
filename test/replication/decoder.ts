import { expect } from "@jest/globals";
import fc from "fast-check";
import { systemClock } from "../../core/clock.ts";
import type { SourceRows } from "../../replication/binlog/open-rows.ts";
import { readTransactions } from "../../replication/read-transactions.ts";
import type { Row } from "../../replication/record.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import { selectAll, sourceOptions } from "./feeder-support.ts";
import type { TypeMatrix } from "./type-matrix.ts";

export interface DecoderTrial {
  readonly server: DatabaseServer;
  readonly matrix: TypeMatrix;
  /** Statements after which the binlog is compressed. */
  readonly compress: readonly string[];
  /** How many random rows; their seed. */
  readonly rows: number;
  readonly seed: number;
}

/** Writes a table of all types and expects from the binlog, for each row, exactly what SELECT gives of it. */
export async function expectDecodedAsSelected(trial: DecoderTrial, signal: AbortSignal): Promise<void> {
  const { server, matrix } = trial;
  const rows = [...matrix.edgeRows, ...fc.sample(matrix.someRow, { numRuns: trial.rows, seed: trial.seed })];
  await server.query("DROP DATABASE IF EXISTS a", "CREATE DATABASE a");
  const from = await server.position();
  await server.query(
    "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'",
    matrix.create("a.matrix"),
    ...rows.map((row, id) => matrix.insert("a.matrix", id, row)),
    ...trial.compress,
    "UPDATE a.matrix SET hidden = hidden + 1 WHERE id % 2 = 1",
  );
  const images = new Map<number, Row>();
  for (const change of await changesAfter(server, from, signal)) {
    for (const row of change.after ?? change.rows) images.set(Number(row[0]), row);
  }
  const { names, rows: selected } = await selectAll(server, "a", "matrix");
  expect(selected.length).toBe(rows.length);
  // What differs is told with the name of its column.
  const named = (row: Row = []): unknown[] => row.map((value, place) => [names[place], value]);
  for (const row of selected) expect(named(images.get(Number(row[0])))).toEqual(named(row));
}

async function changesAfter(
  server: DatabaseServer,
  from: string,
  signal: AbortSignal,
): Promise<readonly SourceRows[]> {
  const changes: SourceRows[] = [];
  const options = { source: sourceOptions(server), databases: ["a"], clock: systemClock };
  for await (const piece of readTransactions(options, from, await server.position(), signal))
    changes.push(...piece.changes.filter((change) => change.kind !== "statement"));
  return changes;
}
