import { RetryableError } from "../core/errors.ts";
import type { Flavour } from "./flavour.ts";
import type { Checks, Row, RowsChange, TableSchema } from "./record.ts";
import { sized, type TargetTable } from "./row-sql.ts";
import { allChecks, checksSql, sqlModeSql } from "./session.ts";
import { StatementWriter, type Statement } from "./statements.ts";
import { TargetError, type Target } from "./target.ts";
import { rowOf } from "./verify-changes.ts";

/** A row that the server refuses, with its number for the reason. */
export interface RefusedRow {
  readonly row: Row;
  readonly number: number;
}

/** Rows come and go one by one: nothing cascades, and what they refer to is repaired by itself. */
const checks: Checks = { foreignKeys: false, unique: true, constraints: false };
const rowsAtOnce = 500;

/** Takes away rows that are there, by their keys. */
export async function deleteRows(target: Target, table: TargetTable, keys: readonly Row[]): Promise<void> {
  const rows = keys.map((key) => rowOf(key, table.schema));
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const some = rows.slice(from, from + rowsAtOnce);
    await run(target, statements("delete", table, some, target.version.flavour));
  }
}

/** Puts rows there; gives those that the server does not take. */
export async function insertRows(
  target: Target,
  table: TargetTable,
  rows: readonly Row[],
): Promise<readonly RefusedRow[]> {
  const refused: RefusedRow[] = [];
  for (const some of sized(rows) as Iterable<readonly Row[]>) {
    if ((await attempt(target, table, some)) === undefined) continue;
    for (const row of some) {
      const number = await attempt(target, table, [row]);
      if (number !== undefined) refused.push({ row, number });
    }
  }
  return refused;
}

/** The number of the server's refusal; undefined when it took the rows. */
async function attempt(
  target: Target,
  table: TargetTable,
  rows: readonly Row[],
): Promise<number | undefined> {
  const { flavour } = target.version;
  try {
    await run(target, statements("insert", table, rows, flavour));
    return undefined;
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    // What was set for the rows is set back after them.
    await target.run([checksSql(allChecks, flavour), sqlModeSql(false)].join(";\n"));
    return Number(error.details["number"]);
  }
}

function statements(
  kind: RowsChange["kind"],
  table: TargetTable,
  rows: readonly Row[],
  flavour: Flavour,
): readonly Statement[] {
  const writer = new StatementWriter(false, flavour);
  writer.add({ kind, table: 0, rows, checks }, table);
  return writer.finish();
}

async function run(target: Target, all: readonly Statement[]): Promise<void> {
  for (const { sql, rows, what } of all) {
    const [count] = await target.run(sql);
    if (rows === undefined || rows === count) continue;
    throw new RetryableError("repair-raced", `${what()}: ${count ?? 0} rows instead of ${rows}`);
  }
}

/** The table as the target has it, with the columns that its source says. */
export function atTarget(source: TableSchema, { database, table }: TableSchema): TableSchema {
  return { ...source, database, table };
}
