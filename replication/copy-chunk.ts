import { HotsiteError } from "../core/errors.ts";
import type { FilePlace } from "./binlog/place.ts";
import { literal, quoteName } from "./literal.ts";
import type { Row } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";

/** Some rows of a table, in the order of its key, as they were when exactly the transactions up to `place` had been committed. */
export interface Chunk {
  readonly place: FilePlace;
  /** Fewer than asked for: the table ends here. */
  readonly rows: Promise<readonly Row[]>;
}

/**
 * Begins to read the rows after `lastKey`. The server tells the place of a consistent snapshot in its binlog, so nothing is locked, and no
 * row that was changed meanwhile has to be sorted out. (Watermarks from `gtid_binlog_pos` would not do: it counts transactions that a
 * SELECT does not see yet.)
 */
export async function openChunk(
  source: Source,
  { table, lastKey, limit }: { readonly table: CopiedTable; readonly lastKey?: Row; readonly limit: number },
): Promise<Chunk> {
  await source.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  await source.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  const place = await snapshotPlace(source);
  const rows = readRows(source, chunkSql(table, lastKey, limit), table);
  // Whoever awaits the rows is told of a failure; until then it is not unhandled.
  rows.catch(() => undefined);
  return { place, rows };
}

/** All rows of some tables as they are at one place. They are read when they are asked for; the snapshot is open until their end. */
export interface Snapshot {
  readonly place: FilePlace;
  chunks(table: CopiedTable, limits: ChunkLimits): AsyncIterable<readonly Row[]>;
  close(): Promise<void>;
}

export interface ChunkLimits {
  readonly rows: number;
  readonly bytes: number;
}

export async function openSnapshot(source: Source): Promise<Snapshot> {
  await source.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  await source.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  return {
    place: await snapshotPlace(source),
    chunks: (table, limits) => chunksOf(source.stream(selectSql(table)), table, limits),
    close: () => source.run("COMMIT"),
  };
}

async function* chunksOf(
  rows: AsyncIterable<readonly (Buffer | null)[]>,
  table: CopiedTable,
  limits: ChunkLimits,
): AsyncIterable<readonly Row[]> {
  let [chunk, bytes]: [Row[], number] = [[], 0];
  for await (const row of rows) {
    chunk.push(valuesOf(row, table));
    bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (chunk.length < limits.rows && bytes < limits.bytes) continue;
    yield chunk;
    [chunk, bytes] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

async function snapshotPlace(source: Source): Promise<FilePlace> {
  const rows = await source.rows<{ Variable_name: string; Value: string }>(
    "SHOW STATUS WHERE Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')",
  );
  const value = (name: string): string =>
    rows.find(({ Variable_name }) => Variable_name === name)?.Value ?? "";
  const place = { file: value("Binlog_snapshot_file"), offset: Number(value("Binlog_snapshot_position")) };
  if (place.file !== "" && place.offset > 0) return place;
  throw new HotsiteError("source-failed", "the source does not tell the binlog position of a snapshot", {
    hint: "MariaDB 10.3 or newer with its binlog on does",
  });
}

async function readRows(source: Source, sql: string, table: CopiedTable): Promise<readonly Row[]> {
  const rows = await source.raw(sql);
  await source.run("COMMIT");
  return rows.map((row) => valuesOf(row, table));
}

function valuesOf(row: readonly (Buffer | null)[], { columns }: CopiedTable): Row {
  return row.map((bytes, place) => (bytes === null ? null : (columns[place]?.read(bytes) ?? null)));
}

function selectSql({ schema, columns }: CopiedTable): string {
  const names = columns.map(({ expression }) => expression).join(", ");
  return `SELECT ${names} FROM ${quoteName(schema.database)}.${quoteName(schema.table)}`;
}

function chunkSql({ schema, columns, index }: CopiedTable, lastKey: Row | undefined, limit: number): string {
  const key = schema.primaryKey.map((place) => quoteName(schema.columns[place]?.name ?? ""));
  const after = lastKey === undefined ? "" : ` WHERE ${afterKey(schema, key, lastKey)}`;
  return (
    `SELECT ${columns.map(({ expression }) => expression).join(", ")} FROM ${quoteName(schema.database)}.${quoteName(schema.table)} ` +
    `FORCE INDEX (${quoteName(index ?? "PRIMARY")})${after} ORDER BY ${key.join(", ")} LIMIT ${limit}`
  );
}

/** What comes after a key. Of two columns: `a >= 1 AND (a > 1 OR b > 2)`, which the server turns into a range of its index. */
export function afterKey(schema: CopiedTable["schema"], names: readonly string[], lastKey: Row): string {
  const values = schema.primaryKey.map((place, index) => {
    const column = schema.columns[place];
    return column === undefined ? "NULL" : literal(lastKey[index] ?? null, column);
  });
  return names.reduceRight<string>((rest, name, index) => {
    const value = values[index] ?? "NULL";
    return rest === "" ? `${name} > ${value}` : `${name} >= ${value} AND (${name} > ${value} OR (${rest}))`;
  }, "");
}
