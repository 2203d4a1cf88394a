import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { quoteString } from "./literal.ts";
import { wholeDatabases, type Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import type { RepairOptions } from "./repair-batch.ts";
import { ensureRepaired } from "./repaired.ts";
import { Looks } from "./verify-look.ts";
import type { VerifyMemory } from "./verify-memory.ts";
import { Pace, type VerifyProgress } from "./verify-progress.ts";
import type { Sides } from "./verify-sides.ts";
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
  /** Rows that differ are made equal. */
  readonly repair?: Omit<RepairOptions, "stream">;
  readonly maxRowsPerSecond?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** How far an earlier one was, and this one is. */
  readonly memory?: VerifyMemory;
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
  const { clock, databases, selection = wholeDatabases(databases), stream, repair, memory } = options;
  await using source = await Source.open(options.source, signal);
  await using target = await Source.open(options.target, signal);
  const named = stream === undefined ? {} : { stream };
  const looks = new Looks({ source, target }, { clock, ...named }, signal);
  if (repair !== undefined) await ensureRepaired(repair.target, signal);
  const tables = chosen(await tablesOf([source, target], selection), options.tables);
  const pace = new Pace({ tables: tables.length, rows: rowsOf(tables) }, options);
  const sides: Sides = {
    ...{ source, target, looks, pace, selection },
    read: { source: options.source, databases, selection, clock },
    ...(memory !== undefined && { memory }),
    ...(repair !== undefined && { repair: { ...repair, ...named } }),
  };
  const compared = await compareAll(sides, tables, signal);
  await memory?.forget();
  return compared;
}

async function compareAll(
  sides: Sides,
  tables: readonly TablePlace[],
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  const { pace, memory } = sides;
  const known = new Map(memory?.done.map((difference) => [difference.table, difference]));
  const compared: TableDifference[] = [];
  for (const { database, name } of tables) {
    signal.throwIfAborted();
    const label = `${database}.${name}`;
    pace.tableBegins(label);
    const before = known.get(label);
    const difference =
      before ?? (await again(() => new TableComparison(sides, [database, name], signal).run()));
    if (before === undefined) await memory?.tableDone(difference);
    else pace.rowsKnown(before.sourceRows);
    compared.push(difference);
    pace.tableDone();
  }
  return compared;
}

function rowsOf(tables: readonly TablePlace[]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
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

interface TablePlace {
  readonly database: string;
  readonly name: string;
  /** As the server estimates them. */
  readonly rows: number;
}

interface TableRow extends Omit<TablePlace, "rows"> {
  readonly rows: number | string | null;
}

function chosen(tables: readonly TablePlace[], wanted: readonly string[] | undefined): readonly TablePlace[] {
  if (wanted === undefined) return tables;
  const names = new Set(tables.map(({ database, name }) => `${database}.${name}`));
  const unknown = wanted.filter((name) => !names.has(name));
  if (unknown.length === 0)
    return tables.filter(({ database, name }) => wanted.includes(`${database}.${name}`));
  throw new HotsiteError("usage", `${unknown.join(", ")}: no such table is replicated`, {
    hint: `name tables as database.table; there are ${[...names].slice(0, 10).join(", ")}`,
  });
}

/** Names are the source's. */
async function tablesOf(
  [source, target]: readonly [Source, Source],
  selection: Selection,
): Promise<readonly TablePlace[]> {
  const [ours, theirs] = await Promise.all([
    tablesIn(source, selection.databases),
    tablesIn(target, selection.databasesAtTarget),
  ]);
  const named = theirs.map((table) => ({ ...table, database: selection.nameAtSource(table.database) }));
  const tables = new Map<string, TablePlace>();
  // Of both sides the source's estimate.
  for (const table of [...ours, ...named]) {
    const place = JSON.stringify([table.database, table.name]);
    const carried = selection.hasTable({ database: table.database, table: table.name });
    if (carried && !tables.has(place)) tables.set(place, { ...table, rows: Number(table.rows) });
  }
  return [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, table]) => table);
}

function tablesIn(server: Source, databases: readonly string[]): Promise<readonly TableRow[]> {
  return server.rows<TableRow>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name, TABLE_ROWS AS \`rows\` FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})`,
  );
}
