import { HotsiteError } from "../core/errors.ts";
import { readFacts } from "./checkpoint.ts";
import { besideSql } from "./identity.ts";
import { quoteString } from "./literal.ts";
import { repairedTableSql } from "./schema.ts";
import type { CopiedTable } from "./source-columns.ts";
import { Target, type TargetOptions } from "./target.ts";

/** Who repairs, and as which run: `hotsite.repaired` keeps both with each row. */
export interface RepairRun {
  readonly run: string;
  readonly by: string;
}

/** A row of the target that was changed; a digest is undefined where there was no row. */
export interface RepairedRow {
  /** As a person writes it: `(4711)`. */
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** How many rows a repair has changed, of one table. */
export interface RepairCounts {
  readonly inserted: number;
  readonly deleted: number;
  readonly set: number;
}

const rowsAtOnce = 500;

/** Keeps what was done to these rows, in the transaction that did it. */
export async function recordRepaired(
  target: Target,
  run: RepairRun,
  table: CopiedTable,
  rows: readonly RepairedRow[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await target.run(repairedSql(run, table, rows.slice(from, from + rowsAtOnce)));
}

/** Makes the table for it at a target that is older. Throws "own-schema" when the user may not. */
export async function ensureRepaired(server: TargetOptions, signal: AbortSignal): Promise<void> {
  await using target = await Target.open(server, signal);
  const there = await target.rows(
    "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'hotsite' AND TABLE_NAME = 'repaired'",
  );
  if (there.length > 0) return;
  const sql = [...besideSql(await readFacts(target)), repairedTableSql].join(";\n");
  await target.run(sql).catch((cause: unknown) => {
    if (cause instanceof HotsiteError && cause.retryable) throw cause;
    throw new HotsiteError(
      "own-schema",
      "the target has no table hotsite.repaired, and the user may not make it",
      {
        cause,
        hint: `run this there as an administrator:\n${repairedTableSql};`,
      },
    );
  });
}

function repairedSql({ run, by }: RepairRun, table: CopiedTable, rows: readonly RepairedRow[]): string {
  const place = `${table.schema.database}.${table.schema.table}`;
  const values = rows.map(({ key, before, after }) => {
    const texts = [run, by, place, key, kindOf(before, after)].map(quoteString);
    return `(${[...texts, digest(before), digest(after)].join(", ")})`;
  });
  const columns = "run, repaired_by, place, row_key, what, digest_before, digest_after";
  return `INSERT INTO hotsite.repaired (${columns}) VALUES ${values.join(", ")}`;
}

/** What a run has done to a table so far. */
export async function readRepaired(
  target: Target,
  { run }: RepairRun,
  { schema: { database, table } }: CopiedTable,
): Promise<RepairCounts> {
  const rows = await target.rows<{ what: string; n: number | string }>(
    `SELECT what, COUNT(*) AS n FROM hotsite.repaired
     WHERE run = ${quoteString(run)} AND place = ${quoteString(`${database}.${table}`)} GROUP BY what`,
  );
  const count = (kind: keyof RepairCounts): number => Number(rows.find(({ what }) => what === kind)?.n ?? 0);
  return { inserted: count("inserted"), deleted: count("deleted"), set: count("set") };
}

function kindOf(before: string | undefined, after: string | undefined): keyof RepairCounts {
  if (before === undefined) return "inserted";
  return after === undefined ? "deleted" : "set";
}

function digest(hash: string | undefined): string {
  return hash === undefined ? "NULL" : quoteString(hash);
}
