import { literal, quoteString } from "../literal.ts";
import { plain, type Plain } from "../plain.ts";
import type { ColumnSchema, Value } from "../record.ts";
import type { ColumnFormat, ColumnTraits } from "./columns.ts";
import { decimalLayout } from "./decimal.ts";
import { Reader } from "./reader.ts";
import { datetimeText, fractionBytes } from "./temporal.ts";

/** A column of packed rows. Places are offsets in the bytes of an image. */
export interface PackedField {
  /** Where the value that begins at `start` ends: not a number, or beyond the bytes, when they end before it. */
  end(bytes: Buffer, start: number): number;
  /** The same text as `literal` of the value. */
  sql(bytes: Buffer, start: number): string;
  /** The same as `plain` of the value. */
  plain(bytes: Buffer, start: number): Plain;
  /** Of texts and bytes: where the value itself begins, after its length. */
  readonly prefix?: number;
}

/** A column with what its TABLE_MAP says of it. */
export interface FieldFacts {
  readonly code: number;
  /** Its part of the metadata block. */
  readonly metadata: Buffer;
  readonly format: ColumnFormat;
  readonly traits: ColumnTraits;
  readonly column: ColumnSchema;
}

/** Common types are written as SQL straight from their bytes; all others are read as values first. */
export function packedField(facts: FieldFacts): PackedField {
  const { code, metadata, column } = facts;
  const made = integerBytes[code];
  if (made !== undefined && column.type === "int") return integer(made, column.unsigned);
  if (code === 15 && isText(column)) return text((metadata[1] ?? 0) > 0 ? 2 : 1, column);
  if (code === 254 && column.type === "text") return text(charPrefix(metadata), column);
  if (code === 252 && isText(column)) return text(metadata[0] ?? 0, column);
  if (code === 246 && column.type === "decimal") return decimal(metadata[0] ?? 0, metadata[1] ?? 0);
  if (code === 18 && column.type === "datetime") return datetime(metadata[0] ?? 0, anyField(facts));
  return anyField(facts);
}

const integerBytes: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 8: 8, 9: 3 };

function isText({ type }: ColumnSchema): boolean {
  return type === "text" || type === "bytes";
}

/** The two high bits of a long CHAR's length are folded into its type. */
function charPrefix(metadata: Buffer): number {
  return ((metadata[0] ?? 0) & 0x30) === 0x30 ? 1 : 2;
}

function anyField({ format, traits, column }: FieldFacts): PackedField {
  const read = (bytes: Buffer, start: number): Value => format.read(new Reader(bytes, start), traits);
  return {
    end(bytes, start) {
      const reader = new Reader(bytes, start);
      format.read(reader, traits);
      return reader.offset;
    },
    sql: (bytes, start) => literal(read(bytes, start), column),
    plain: (bytes, start) => plain(read(bytes, start), column),
  };
}

function integer(size: number, unsigned: boolean): PackedField {
  const read = size === 8 ? wide(unsigned) : narrow(size, unsigned);
  return { end: (_, start) => start + size, sql: read, plain: read };
}

function narrow(size: number, unsigned: boolean): PackedField["sql"] {
  return unsigned
    ? (bytes, start) => String(bytes.readUIntLE(start, size))
    : (bytes, start) => String(bytes.readIntLE(start, size));
}

const wordValue = 2 ** 32;
/** Up to this high half a number is exact. */
const safeHigh = 2 ** 20;

function wide(unsigned: boolean): PackedField["sql"] {
  return (bytes, start) => {
    const high = unsigned ? bytes.readUInt32LE(start + 4) : bytes.readInt32LE(start + 4);
    if (high < safeHigh && high > -safeHigh) return String(high * wordValue + bytes.readUInt32LE(start));
    return String(unsigned ? bytes.readBigUInt64LE(start) : bytes.readBigInt64LE(start));
  };
}

function text(prefix: number, column: ColumnSchema): PackedField {
  const length = (bytes: Buffer, start: number): number => {
    let value = bytes[start] ?? NaN;
    for (let byte = 1, scale = 256; byte < prefix; byte += 1, scale *= 256)
      value += (bytes[start + byte] ?? NaN) * scale;
    return value;
  };
  const end = (bytes: Buffer, start: number): number => start + prefix + length(bytes, start);
  const plainly = (bytes: Buffer, start: number): Buffer => bytes.subarray(start + prefix, end(bytes, start));
  const exactly = (bytes: Buffer, start: number): string => literal(plainly(bytes, start), column);
  if (column.charset !== "utf8mb4") return { end, prefix, sql: exactly, plain: plainly };
  return {
    ...{ end, prefix, plain: plainly },
    sql(bytes, start) {
      const shown = bytes.toString("utf8", start + prefix, end(bytes, start));
      // Either it holds this character or it is not UTF-8.
      return shown.includes("\uFFFD") ? exactly(bytes, start) : quoteString(shown);
    },
  };
}

function decimal(precision: number, scale: number): PackedField {
  const { size, text: sql } = decimalLayout(precision, scale);
  return { end: (_, start) => start + size, sql, plain: sql };
}

function datetime(digits: number, { end, sql, plain: plainly }: PackedField): PackedField {
  const fraction = fractionBytes(digits);
  return {
    end: digits > 6 ? end : (_, start) => start + 5 + fraction,
    sql: (bytes, start) => {
      const shown = datetimeText(bytes, start, digits);
      return shown === undefined ? sql(bytes, start) : `'${shown}'`;
    },
    plain: (bytes, start) => datetimeText(bytes, start, digits) ?? plainly(bytes, start),
  };
}
