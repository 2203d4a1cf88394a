import { isUtf8 } from "node:buffer";
import { HotsiteError } from "../core/errors.ts";
import { jsonSql } from "./json-sql.ts";
import type { ColumnSchema, Value } from "./record.ts";
import { uuidInOrder } from "./uuid.ts";

/** A string as SQL; for a session without NO_BACKSLASH_ESCAPES. */
export function quoteString(text: string): string {
  // Looking for each is faster than the pattern, and most texts have none.
  const plain = !text.includes("'") && !text.includes("\\") && !text.includes("\0");
  return plain ? `'${text}'` : `'${text.replaceAll(/[\\'\0]/g, escapeOf)}'`;
}

/** A name as SQL. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A value of a column as SQL that stores exactly this value, and finds it again in a WHERE. */
export function literal(value: Value, column: ColumnSchema): string {
  if (value === null) return "NULL";
  switch (column.type) {
    case "float":
    case "double":
      return approximate(value);
    case "decimal":
      return exact(value);
    case "text":
      return text(bytesOf(value), column.charset ?? "binary");
    case "bytes":
    case "geometry":
      return `X'${hex(bytesOf(value))}'`;
    case "uuid":
    case "inet4":
    case "inet6":
      return address(value, column.type);
    case "bit":
      return BigInt(`0x${hex(bytesOf(value))}`).toString();
    case "date":
    case "time":
    case "datetime":
    case "timestamp":
    case "json":
      return quoteString(String(value));
    case "document":
      return jsonSql(String(value));
    default:
      return whole(value);
  }
}

function escapeOf(character: string): string {
  return character === "\0" ? String.raw`\0` : `\\${character}`;
}

function whole(value: Value): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  throw unfit(value);
}

/** Unquoted: compared with a text, a decimal column would be compared as a double. */
function exact(value: Value): string {
  if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) return value;
  throw unfit(value);
}

/** With an exponent it is read as a double at once; without one as a decimal first, which loses digits and the sign of zero. */
function approximate(value: Value): string {
  if (value === "-0" || Object.is(value, -0)) return "-0e0";
  if (!Number.isFinite(value)) throw unfit(value);
  const shown = String(value);
  return shown.includes("e") ? shown : `${shown}e0`;
}

/** Plain where every server reads it the same; else bytes with the name of their character set, which nothing transcodes. */
function text(bytes: Buffer, charset: string): string {
  const plain = charset === "utf8mb4" ? isUtf8(bytes) : asciiBased.has(charset) && isAscii(bytes);
  return plain ? quoteString(bytes.toString("utf8")) : `_${charset} X'${hex(bytes)}'`;
}

const asciiBased = new Set(["utf8mb3", "utf8", "latin1", "ascii", "latin2", "cp1250", "cp1251", "cp1252"]);

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

/** From a SELECT it is text, from the binlog it is as the server keeps it. */
function address(value: Value, type: "uuid" | "inet4" | "inet6"): string {
  if (typeof value === "string") return quoteString(value);
  const bytes = bytesOf(value);
  if (bytes.length !== (type === "inet4" ? 4 : 16)) throw unfit(value);
  return `CAST(X'${hex(type === "uuid" ? uuidInOrder(bytes) : bytes)}' AS ${type.toUpperCase()})`;
}

function hex(bytes: Buffer): string {
  return bytes.toString("hex");
}

function bytesOf(value: Value): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw unfit(value);
}

/** The value itself may be anything, also secret. */
function unfit(value: Value): HotsiteError {
  return new HotsiteError("bad-record", `a ${typeof value} that does not fit its column`, {
    hint: "the log is damaged or was written by a newer version; reseed the link",
  });
}
