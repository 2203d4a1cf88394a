import type { GtidPosition } from "../core/position.ts";
import { beginSnapshot, type SnapshotPlace } from "./copy-snapshot.ts";
import { literal, quoteName } from "./literal.ts";
import type { Row } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";

/** Some rows of a table, in the order of its key, as one snapshot has them. */
export interface Chunk extends SnapshotPlace {
  /** Fewer than asked for: the table ends here. */
  readonly rows: Promise<readonly Row[]>;
}

export interface ChunkOptions {
  readonly table: CopiedTable;
  readonly lastKey?: Row;
  readonly limit: number;
  /** What the snapshot has to show. */
  readonly seen: GtidPosition;
}

/** Begins to read the rows after `lastKey`; nothing is locked. Undefined when the server does not show yet what was seen. */
export async function openChunk(
  source: Source,
  { table, lastKey, limit, seen }: ChunkOptions,
): Promise<Chunk | undefined> {
  const begun = await beginSnapshot(source, seen);
  if (begun === undefined) return undefined;
  const rows = readRows(source, chunkSql(table, lastKey, limit), table);
  // Whoever awaits the rows is told of a failure; until then it is not unhandled.
  rows.catch(() => undefined);
  return { ...begun, rows };
}

/** All rows of some tables as one snapshot has them. They are read when they are asked for; the snapshot is open until their end. */
export interface Snapshot extends SnapshotPlace {
  chunks(table: CopiedTable, limits: ChunkLimits): AsyncIterable<readonly Row[]>;
  close(): Promise<void>;
}

export interface ChunkLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** Undefined when the server does not show yet what was seen. */
export async function openSnapshot(source: Source, seen: GtidPosition): Promise<Snapshot | undefined> {
  const begun = await beginSnapshot(source, seen);
  return (
    begun && {
      ...begun,
      chunks: (table, limits) => chunksOf(source.stream(selectSql(table)), table, limits),
      close: () => source.run("COMMIT"),
    }
  );
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
