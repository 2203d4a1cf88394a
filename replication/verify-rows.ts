import { afterKey, pieceBytes, selectSql } from "./copy-chunk.ts";
import { literal, quoteName, quoteString } from "./literal.ts";
import type { Row } from "./record.ts";
import type { CopiedColumn, CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";
import { readText } from "./text-rows.ts";
import { keyIdentity } from "./touched-keys.ts";

/** A connection to either side. */
export interface Reads {
  rows<T>(sql: string): Promise<readonly T[]>;
  raw(sql: string): Promise<readonly (readonly (Buffer | null)[])[]>;
}

/** Rows after one key up to another; open where there is none. */
export interface KeyRange {
  readonly after?: Row;
  readonly upTo?: Row;
}

/** A table with the columns that are compared: their values have the same form on both sides. */
export interface ComparedTable extends CopiedTable {
  readonly compared: readonly CopiedColumn[];
}

export interface Summary {
  readonly rows: number;
  readonly checksum: string;
}

/** A row by its key, with a checksum of all its columns. */
export interface RowHash {
  readonly key: Row;
  readonly hash: string;
}

const chunkRows = 2000;
const keysInStatement = 200;

/** Key of the last row of the next chunk; undefined when the rest is one. */
export async function endOfChunk(server: Reads, table: CopiedTable, after?: Row): Promise<Row | undefined> {
  const sql = `SELECT ${keyExpressions(table)} FROM ${nameOf(table)}${where(table, { after })} ORDER BY ${keyNames(table)} LIMIT 1 OFFSET ${chunkRows - 1}`;
  const [row] = await server.raw(sql);
  return row && readKey(table, row);
}

/** The sum beside the XOR, in which equal rows of a table without a key would take each other out. */
export async function summarize(server: Reads, table: ComparedTable, range: KeyRange): Promise<Summary> {
  const part = (start: number): string =>
    `CAST(CONV(SUBSTR(${hashOf(table)}, ${start}, 15), 16, 10) AS UNSIGNED)`;
  const [row] = await server.rows<{ n: number | string; checksum: string }>(
    `SELECT COUNT(*) AS n, CONCAT(BIT_XOR(${part(1)}), '/', COALESCE(SUM(${part(16)}), 0)) AS checksum
     FROM ${nameOf(table)}${where(table, range)}`,
  );
  return { rows: Number(row?.n ?? 0), checksum: String(row?.checksum) };
}

/** The checksums of rows, of a range or by their keys. */
export async function readHashes(
  server: Reads,
  table: ComparedTable,
  { range, keys }: { readonly range?: KeyRange; readonly keys?: readonly Row[] },
): Promise<readonly RowHash[]> {
  const conditions =
    keys === undefined ? [where(table, range ?? {})] : pieces(keys).map((some) => whereIn(table, some));
  // Keys that a collation takes for one find the same row.
  const found = new Map<string, RowHash>();
  for (const condition of conditions) {
    const rows = await server.raw(
      `SELECT ${hashOf(table)}, ${keyExpressions(table)} FROM ${nameOf(table)}${condition}`,
    );
    for (const [hash, ...values] of rows) {
      const key = readKey(table, values);
      found.set(keyIdentity(key), { hash: String(hash), key });
    }
  }
  return [...found.values()];
}

/** All columns of the rows with these keys, in pieces of a size that can be held. */
export async function* readRows(
  source: Source,
  table: CopiedTable,
  keys: readonly Row[],
): AsyncIterable<readonly Row[]> {
  for (const some of pieces(keys)) yield* selected(source, table, whereIn(table, some));
}

/** The same of all rows with these checksums, of a table without a key. */
export async function* readRowsLike(
  source: Source,
  table: ComparedTable,
  hashes: readonly string[],
): AsyncIterable<readonly Row[]> {
  yield* selected(source, table, whereHash(table, hashes));
}

async function* selected(
  source: Source,
  table: CopiedTable,
  condition: string,
): AsyncIterable<readonly Row[]> {
  const rows = source.text(`${selectSql(table)}${condition}`, pieceBytes);
  try {
    for (let piece = await rows.next(); piece !== undefined; piece = await rows.next())
      yield piece.values(table.schema.columns);
  } finally {
    rows.discard();
  }
}

export function whereHash(table: ComparedTable, hashes: readonly string[]): string {
  return ` WHERE ${hashOf(table)} IN (${hashes.map(quoteString).join(", ")})`;
}

/** A key that the target lacks, or only the target has, or of which the rows are not equal. */
export interface Difference {
  readonly key: Row;
  readonly kind: "missing" | "surplus" | "unequal";
}

export function differences(ours: readonly RowHash[], theirs: readonly RowHash[]): readonly Difference[] {
  const left = new Map(theirs.map((row) => [keyIdentity(row.key), row]));
  const found: Difference[] = [];
  for (const { key, hash } of ours) {
    const other = left.get(keyIdentity(key));
    left.delete(keyIdentity(key));
    if (other === undefined) found.push({ key, kind: "missing" });
    else if (other.hash !== hash) found.push({ key, kind: "unequal" });
  }
  return [...found, ...[...left.values()].map(({ key }): Difference => ({ key, kind: "surplus" }))];
}

/** A key for a person: `(4711)`. */
export function keyText(table: CopiedTable, key: Row): string {
  return `(${keyLiterals(table, key).join(",")})`;
}

function where(table: CopiedTable, { after, upTo }: KeyRange): string {
  const names = keyColumns(table).map(({ schema }) => quoteName(schema.name));
  const parts = [
    ...(after === undefined ? [] : [`(${afterKey(table.schema, names, after)})`]),
    ...(upTo === undefined ? [] : [`NOT (${afterKey(table.schema, names, upTo)})`]),
  ];
  return parts.length === 0 ? "" : ` WHERE ${parts.join(" AND ")}`;
}

function whereIn(table: CopiedTable, keys: readonly Row[]): string {
  const names = keyColumns(table).map(({ schema }) => quoteName(schema.name));
  const isKey = (key: Row): string =>
    keyLiterals(table, key)
      .map((value, index) => `${names[index] ?? ""} = ${value}`)
      .join(" AND ");
  return ` WHERE ${keys.map((key) => `(${isKey(key)})`).join(" OR ")}`;
}

/**
 * Each column by itself first, so that no row is too large for one value and no two rows run together. MySQL has no MD5 any more. Everything
 * is text in one character set before it meets other text: the columns' own need not go together.
 */
export function hashOf({ compared }: ComparedTable): string {
  const parts = compared.map(({ expression }) => `COALESCE(SHA2(${expression}, 256), 'N')`);
  return `SHA2(CONCAT_WS(',', ${parts.join(", ")}), 256)`;
}

function keyColumns({ schema, columns }: CopiedTable): readonly CopiedColumn[] {
  return schema.primaryKey.flatMap((place) => columns[place] ?? []);
}

function keyExpressions(table: CopiedTable): string {
  return keyColumns(table)
    .map(({ expression }) => expression)
    .join(", ");
}

function keyNames(table: CopiedTable): string {
  return keyColumns(table)
    .map(({ schema }) => quoteName(schema.name))
    .join(", ");
}

function keyLiterals(table: CopiedTable, key: Row): readonly string[] {
  return keyColumns(table).map(({ schema }, index) => literal(key[index] ?? null, schema));
}

function readKey(table: CopiedTable, row: readonly (Buffer | null)[]): Row {
  return keyColumns(table).map((column, index) => {
    const bytes = row[index] ?? null;
    return bytes === null ? null : readText(column.schema.type, bytes);
  });
}

export function nameOf({ schema }: CopiedTable): string {
  return `${quoteName(schema.database)}.${quoteName(schema.table)}`;
}

/** As many as one statement may name. */
export function pieces<T>(keys: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(keys.length / keysInStatement);
  return Array.from({ length: count }, (_, index) =>
    keys.slice(index * keysInStatement, (index + 1) * keysInStatement),
  );
}
