import type { ColumnSchema, Value } from "./record.ts";

/** A value as a file has it before anything is escaped: a text of ASCII, or bytes; null for NULL. */
export type Plain = string | Uint8Array | null;

export function plain(value: Value, { type }: ColumnSchema): Plain {
  if (value === null || value instanceof Uint8Array) return value;
  // As a text, 0 would be the year 2000.
  return type === "year" ? String(value).padStart(4, "0") : String(value);
}
