import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { quoteString } from "./literal.ts";
import { wholeDatabases, type Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { Looks } from "./verify-look.ts";
import { TableComparison, type TableDifference } from "./verify-table.ts";

export interface VerifyOptions {
  readonly source: SourceOptions;
  readonly target: SourceOptions;
  readonly databases: readonly string[];
  /** What of them is replicated, and their names at the target; without it all, under their own. */
  readonly selection?: Selection;
  readonly clock: Clock;
  /** Of the link's streams, without their epoch; without it the newest stream of the target counts. */
  readonly stream?: string;
  /** `database.table`: only these; without it all of the databases. */
  readonly tables?: readonly string[];
  /** Called after each table. */
  readonly onTable?: (done: TableDifference, place: { readonly done: number; readonly of: number }) => void;
}

/**
 * Compares the replicated tables row by row, by checksums that the servers make, while both are in use. A row counts as differing when it
 * does so in two snapshots, one of each side, and no transaction between their two positions has touched it: what the binlog of the source
 * tells. So nothing that is on its way is taken for a difference. Gives every table.
 */
export async function verify(
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  const { clock, databases, selection = wholeDatabases(databases), stream, onTable } = options;
  await using source = await Source.open(options.source, signal);
  await using target = await Source.open(options.target, signal);
  const looks = new Looks(
    { source, target },
    { clock, ...(stream !== undefined && { name: stream }) },
    signal,
  );
  const read = { source: options.source, databases, selection, clock };
  const tables = chosen(await tablesOf([source, target], selection), options.tables);
  const compared: TableDifference[] = [];
  for (const table of tables) {
    signal.throwIfAborted();
    const comparison = new TableComparison({ source, target, looks, read, selection }, table, signal);
    const difference = await again(() => comparison.run());
    compared.push(difference);
    onTable?.(difference, { done: compared.length, of: tables.length });
  }
  return compared;
}

const tries = 3;

/** A table may be changed while it is compared, so that a statement of ours does not fit it any more. */
async function again<T>(compare: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await compare();
    } catch (error) {
      const passes = error instanceof HotsiteError && (error.retryable || error.code === "source-failed");
      if (!passes || attempt === tries) throw error;
    }
  }
}

type TablePlace = readonly [database: string, table: string];

function chosen(tables: readonly TablePlace[], wanted: readonly string[] | undefined): readonly TablePlace[] {
  if (wanted === undefined) return tables;
  const names = new Set(tables.map(([database, table]) => `${database}.${table}`));
  const unknown = wanted.filter((name) => !names.has(name));
  if (unknown.length === 0)
    return tables.filter(([database, table]) => wanted.includes(`${database}.${table}`));
  throw new HotsiteError("usage", `${unknown.join(", ")}: no such table is replicated`, {
    hint: `name tables as database.table; there are ${[...names].slice(0, 10).join(", ")}`,
  });
}

async function tablesOf(
  [source, target]: readonly [Source, Source],
  selection: Selection,
): Promise<readonly TablePlace[]> {
  const sql = (
    databases: readonly string[],
  ): string => `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name FROM information_schema.TABLES
    WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})`;
  const lists = await Promise.all([
    source.rows<{ database: string; name: string }>(sql(selection.databases)),
    target.rows<{ database: string; name: string }>(sql(selection.databasesAtTarget)),
  ]);
  const ofTarget = lists[1].map(({ database, name }) => ({
    database: selection.nameAtSource(database),
    name,
  }));
  const all = [...lists[0], ...ofTarget].filter(({ database, name }) =>
    selection.hasTable({ database, table: name }),
  );
  const tables = new Map<string, TablePlace>(
    all.map(({ database, name }) => [JSON.stringify([database, name]), [database, name]]),
  );
  return [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, table]) => table);
}
