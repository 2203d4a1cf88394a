import type { GtidPosition } from "../core/position.ts";
import { beginSnapshot, type SnapshotPlace } from "./copy-snapshot.ts";
import { literal, quoteName } from "./literal.ts";
import type { Row } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";
import type { TextRows } from "./text-rows.ts";

/** Some rows of a table, in the order of its key, as one snapshot has them. They are read while they are taken. */
export interface Chunk extends SnapshotPlace {
  /** Fewer rows than asked for in all: the table ends here. Undefined at the end. */
  next(): Promise<TextRows | undefined>;
  /** Ends the snapshot; what was not taken is thrown away. */
  close(): Promise<void>;
}

export interface ChunkOptions {
  readonly table: CopiedTable;
  readonly lastKey?: Row;
  readonly limit: number;
  /** What the snapshot has to show. */
  readonly seen: GtidPosition;
}

/** About what one record of the log holds: small enough to hold, large enough to pay for its commits. */
export const pieceBytes = 2 ** 20;

/** Begins to read the rows after `lastKey`; nothing is locked. Undefined when the server does not show yet what was seen. */
export async function openChunk(
  source: Source,
  { table, lastKey, limit, seen }: ChunkOptions,
): Promise<Chunk | undefined> {
  const begun = await beginSnapshot(source, seen);
  if (begun === undefined) return undefined;
  const pieces = source.text(chunkSql(table, lastKey, limit), pieceBytes);
  return {
    ...begun,
    next: () => pieces.next(),
    close: () => {
      pieces.discard();
      return source.run("COMMIT");
    },
  };
}

/** All rows of some tables as one snapshot has them. They are read when they are asked for; the snapshot is open until their end. */
export interface Snapshot extends SnapshotPlace {
  pieces(table: CopiedTable): AsyncIterable<TextRows>;
  close(): Promise<void>;
}

/** Undefined when the server does not show yet what was seen. */
export async function openSnapshot(source: Source, seen: GtidPosition): Promise<Snapshot | undefined> {
  const begun = await beginSnapshot(source, seen);
  return (
    begun && {
      ...begun,
      pieces: (table) => piecesOf(source, table),
      close: () => source.run("COMMIT"),
    }
  );
}

async function* piecesOf(source: Source, table: CopiedTable): AsyncIterable<TextRows> {
  const pieces = source.text(selectSql(table), pieceBytes);
  for (let piece = await pieces.next(); piece !== undefined; piece = await pieces.next()) yield piece;
}

/** All rows, every column. */
export function selectSql({ schema, columns }: CopiedTable): string {
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
