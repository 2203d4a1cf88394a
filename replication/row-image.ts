import { PackedImage } from "./binlog/packed-rows.ts";
import { literal } from "./literal.ts";
import { plain, type Plain } from "./plain.ts";
import type { ColumnSchema, Row, Value } from "./record.ts";
import { TextImage } from "./text-rows.ts";

/** A row as values, or as the bytes that the binlog or a SELECT has of it. */
export type RowImage = Row | PackedImage | TextImage;

/** A value of the row as SQL, NULL too. */
export function sqlAt(row: RowImage, place: number, column: ColumnSchema): string {
  if (row instanceof TextImage) return row.sql(place, column);
  if (!(row instanceof PackedImage)) return literal(row[place] ?? null, column);
  return row.sql(place, column.type) ?? literal(row.values()[place] ?? null, column);
}

/** A value of the row as a file has it, of a column that has the same type on both sides. */
export function plainAt(row: RowImage, place: number, column: ColumnSchema): Plain {
  if (row instanceof PackedImage) return row.plain(place);
  return plain(row instanceof TextImage ? row.value(place) : (row[place] ?? null), column);
}

/** A text, or bytes, as Latin 1; undefined for other types and for NULL. */
export function bytesTextAt(row: RowImage, place: number): string | undefined {
  if (isBytes(row)) return row.bytesText(place);
  const value = row[place];
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
}

export function isNullAt(row: RowImage, place: number): boolean {
  return isBytes(row) ? row.isNull(place) : (row[place] ?? null) === null;
}

/** Whether both rows have the same value there, to the byte. */
export function sameAt(a: RowImage, b: RowImage, place: number): boolean {
  if (a instanceof PackedImage) return b instanceof PackedImage && a.same(b, place);
  if (a instanceof TextImage) return b instanceof TextImage && a.same(b, place);
  return !isBytes(b) && sameValue(a[place], b[place]);
}

/** About what the row takes as SQL. */
export function sizeOf(row: RowImage): number {
  if (isBytes(row)) return row.size;
  return row.reduce<number>((sum, value) => sum + (value instanceof Uint8Array ? 2 * value.length : 16), 0);
}

function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}

function isBytes(row: RowImage): row is PackedImage | TextImage {
  return row instanceof PackedImage || row instanceof TextImage;
}
