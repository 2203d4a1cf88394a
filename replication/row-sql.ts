import { PackedImage } from "./binlog/packed-rows.ts";
import { quoteName } from "./literal.ts";
import type { ColumnSchema, TableSchema } from "./record.ts";
import { isNullAt, sameAt, sizeOf, sqlAt, type RowImage } from "./row-image.ts";
import type { TableKeys } from "./table-keys.ts";

/** A table as it is written to: what the stream says of it, and which of its columns the target does not compute itself. */
export interface TargetTable {
  /**
   * `primaryKey` is the key by which exactly one row is found, be it the primary one or not; empty: all columns have to be compared, and
   * equal rows are interchangeable.
   */
  readonly schema: TableSchema;
  /** Places of the columns that are written: all but generated ones. */
  readonly written: readonly number[];
  readonly keys: TableKeys;
  /** Rows can go in as a file, and out again. */
  readonly loads: boolean;
  /** It is a sequence: an INSERT sets where it is, at once and outside of any transaction. */
  readonly sequence: boolean;
}

/** A longer statement is hard on the parser and gains nothing. */
export const maxStatementRows = 500;
export const maxStatementBytes = 256 * 1024;
const statementSize = { rows: maxStatementRows, bytes: maxStatementBytes };

export function insertSql(table: TargetTable, rows: readonly RowImage[]): string {
  const names = table.written.map((place) => columnName(table, place)).join(",");
  // Joined: a text that grows piece by piece would be put together from all of them at its end.
  const values = rows.map((row) => rowSql(table, row)).join("),(");
  return `INSERT INTO ${tableName(table)} (${names}) VALUES (${values})`;
}

function rowSql(table: TargetTable, row: RowImage): string {
  const packed = row instanceof PackedImage ? row.list(table.written, table.schema.columns) : undefined;
  return packed ?? table.written.map((place) => valueAt(table, row, place)).join(",");
}

/** Finds the row by its key, sets what changed. */
export function updateSql(table: TargetTable, before: RowImage, after: RowImage): string {
  const changed = table.written.filter(
    (place) => isSetAlways(columnAt(table, place)) || !sameAt(before, after, place),
  );
  const places = changed.length === 0 ? (hasKey(table) ? table.schema.primaryKey : table.written) : changed;
  const sets = places.map((place) => `${columnName(table, place)}=${valueAt(table, after, place)}`);
  return `UPDATE ${tableName(table)} SET ${sets.join(",")} WHERE ${rowIs(table, before)}`;
}

/** How many rows are exactly this one. */
export function countSql(table: TargetTable, row: RowImage): string {
  return `SELECT COUNT(*) AS n FROM ${tableName(table)} WHERE ${isWholly(table, row)}`;
}

/** Of a table without a key `rows` is one. */
export function removeSql(table: TargetTable, rows: readonly RowImage[]): string {
  const [only, ...more] = table.schema.primaryKey;
  const where =
    more.length === 0 && rows.length > 1 && columnAt(table, only).type !== "set"
      ? `${columnName(table, only)} IN (${rows.map((row) => valueAt(table, row, only ?? 0)).join(",")})`
      : // MariaDB finds ranges in these, but not in `(a,b) IN (…)`.
        rows.map((row) => rowIs(table, row)).join(" OR ");
  return `DELETE FROM ${tableName(table)} WHERE ${where}`;
}

export function hasKey({ schema }: TargetTable): boolean {
  return schema.primaryKey.length > 0;
}

export function sameKey({ schema }: TargetTable, a: RowImage, b: RowImage): boolean {
  return sameValues(schema.primaryKey, a, b);
}

export function sameValues(places: Iterable<number>, a: RowImage, b: RowImage): boolean {
  for (const place of places) if (!sameAt(a, b, place)) return false;
  return true;
}

/** Pieces of `rows` that each make a statement of a sensible size. */
export function* sized(
  rows: readonly RowImage[],
  most: { readonly rows: number; readonly bytes: number } = statementSize,
): Generator<readonly RowImage[]> {
  let piece: RowImage[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = sizeOf(row);
    if (piece.length > 0 && (piece.length === most.rows || bytes + size > most.bytes)) {
      yield piece;
      [piece, bytes] = [[], 0];
    }
    piece.push(row);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}

/** What a statement does, for the person who looks at a divergence: `insert into shop.orders, key (4711)`. Keys only: rows may be private. */
export function told(verb: string, table: TargetTable, rows: readonly RowImage[]): string {
  const name = `${table.schema.database}.${table.schema.table}`;
  if (!hasKey(table)) return `${verb} ${name}, which has no key`;
  const keys = rows
    .slice(0, 3)
    .map((row) => `(${table.schema.primaryKey.map((place) => valueAt(table, row, place)).join(",")})`);
  const more = rows.length > keys.length ? ` and ${rows.length - keys.length} more` : "";
  return `${verb} ${name}, key ${keys.join(" ")}${more}`;
}

export function columnName(table: TargetTable, place: number | undefined): string {
  return quoteName(columnAt(table, place).name);
}

function tableName({ schema }: TargetTable): string {
  return `${quoteName(schema.database)}.${quoteName(schema.table)}`;
}

function rowIs(table: TargetTable, row: RowImage): string {
  if (!hasKey(table)) return `${isWholly(table, row)} LIMIT 1`;
  const parts = table.schema.primaryKey.map(
    (place) => `${comparable(table, place)}=${valueAt(table, row, place)}`,
  );
  return parts.length === 1 ? parts.join("") : `(${parts.join(" AND ")})`;
}

/** Where the server computes all columns, all rows are equal. */
function isWholly(table: TargetTable, row: RowImage): string {
  return table.written.map((place) => isExactly(table, row, place)).join(" AND ") || "TRUE";
}

/** The column holds exactly this value, to the byte. The plain comparison, which says less, is what an index serves. */
function isExactly(table: TargetTable, row: RowImage, place: number): string {
  const [name, value] = [columnName(table, place), valueAt(table, row, place)];
  const plain = `${comparable(table, place)} <=> ${value}`;
  if (isNullAt(row, place)) return plain;
  const column = columnAt(table, place);
  // MySQL takes it for granted that no row has such a value.
  if (isBeyond(column, value)) return `${name} * 1e0 = ${value}`;
  const { type } = column;
  if (type === "text") return `${plain} AND CAST(${name} AS BINARY) = CAST(${value} AS BINARY)`;
  if (type === "geometry") return `CAST(${name} AS BINARY) = ${value}`;
  // The two zeros are equal, and are not the same where the server tells them apart.
  if ((type === "float" || type === "double") && Number(value) === 0)
    return `${plain} AND (CAST(${name} AS CHAR) LIKE '-%') = (CAST(${value} AS CHAR) LIKE '-%')`;
  return plain;
}

/** A SET compared with a number counts its last member as the sign. */
function comparable(table: TargetTable, place: number): string {
  const name = columnName(table, place);
  return columnAt(table, place).type === "set" ? `CAST(${name} AS UNSIGNED)` : name;
}

function valueAt(table: TargetTable, row: RowImage, place: number): string {
  return sqlAt(row, place, columnAt(table, place));
}

export function columnAt({ schema }: TargetTable, place: number | undefined): ColumnSchema {
  const column = schema.columns[place ?? -1];
  if (column === undefined) throw new RangeError(`${schema.table} has no column ${place ?? "at all"}`);
  return column;
}

/** Left out, these would be set to the present time wherever the table says ON UPDATE CURRENT_TIMESTAMP. */
export function isSetAlways({ type }: ColumnSchema): boolean {
  return type === "timestamp" || type === "datetime";
}

/** A strict session refuses such a value: 0 of an ENUM, and what a FLOAT(10,2) was rounded up to. */
export function hasRefusedValue(table: TargetTable, row: RowImage): boolean {
  return doubtfulOf(table).some((place) => {
    const column = columnAt(table, place);
    const sql = sqlAt(row, place, column);
    return column.type === "enum" ? sql === "0" : isBeyond(column, sql);
  });
}

function isBeyond({ highest = Infinity }: ColumnSchema, sql: string): boolean {
  return Math.abs(Number(sql)) > highest;
}

const knownDoubtful = new WeakMap<TargetTable, readonly number[]>();

/** Looked up once: most tables have none, and every row is asked. */
function doubtfulOf(table: TargetTable): readonly number[] {
  const known = knownDoubtful.get(table);
  if (known !== undefined) return known;
  const places = table.written.filter((place) => {
    const { type, highest } = columnAt(table, place);
    return type === "enum" || highest !== undefined;
  });
  knownDoubtful.set(table, places);
  return places;
}
