import { HotsiteError } from "../core/errors.ts";
import { quoteName } from "./literal.ts";
import type { ColumnSchema, ColumnType } from "./record.ts";
import { columnAt, columnName, type TargetTable } from "./row-sql.ts";
import { nullByte, prefixOf, type TextRows } from "./text-rows.ts";

/** Types that a server reads from a file as from a SELECT, each with what the target's column must be for that. */
const loaded: Readonly<Partial<Record<ColumnType, RegExp>>> = {
  ...{ int: /int$/, decimal: /^decimal$/, float: /^float$/, double: /^double$/, bit: /^bit$/ },
  ...{ year: /^year$/, date: /^date$/, time: /^time$/, datetime: /^datetime$/, timestamp: /^timestamp$/ },
  ...{ text: /(?:char|text)$/, bytes: /(?:binary|blob)$/, enum: /^enum$/, set: /^set$/ },
  geometry: /^(?:point|linestring|polygon|multi|geom)/,
};
/** They come as numbers. */
const numbered: ReadonlySet<ColumnType> = new Set(["enum", "set"]);

/** A column of the target, as its catalogue says. */
export interface KeptColumn {
  readonly type: string;
  /** Null where it has none. */
  readonly charset: string | null;
  /** Of a FLOAT(10,2): what it takes. */
  readonly highest?: number | undefined;
}

/**
 * Whether values of the column can go in by `loadSql`: in less time than by an INSERT, as nothing is parsed. Bytes go in as they are, so a text
 * needs the same character set on both sides.
 */
export function loadable({ type, charset }: ColumnSchema, kept: KeptColumn | undefined): boolean {
  if (kept === undefined || loaded[type]?.test(kept.type) !== true) return false;
  return type !== "text" || (charset !== undefined && modern(charset) === modern(kept.charset));
}

function modern(charset: string | null): string | null {
  return charset === "utf8" ? "utf8mb3" : charset;
}

/**
 * Reads lines that have the columns at `places`. The server does not stop at a row that it cannot take as it is: it counts a warning, and so
 * does a row that is there already. Only without any the rows are in.
 */
export function loadSql(table: TargetTable, places: readonly number[]): string {
  const { schema, written } = table;
  const sets = written.filter((place) => numbered.has(columnAt(table, place).type));
  const fields = places.map((place) =>
    written.includes(place) && !sets.includes(place) ? columnName(table, place) : `@hotsite_${place}`,
  );
  const set = sets.map((place) => `${columnName(table, place)} = CAST(@hotsite_${place} AS UNSIGNED)`);
  return (
    `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${quoteName(schema.database)}.${quoteName(schema.table)} CHARACTER SET binary ` +
    String.raw`FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES TERMINATED BY '\n' STARTING BY '' ` +
    `(${fields.join(", ")})${set.length === 0 ? "" : ` SET ${set.join(", ")}`}`
  );
}

const [tab, newline, backslash, capitalN] = [0x09, 0x0a, 0x5c, 0x4e];

/** Copied rows with a tab between values and a line for each. `room`: where they are put, when they fit into it. */
export function copiedBody({ bytes, count }: TextRows, offsets: Int32Array, room?: Buffer): Buffer {
  // At worst each byte is escaped; a length before it becomes the sign after it, NULL takes one byte more.
  const worst = 2 * bytes.length + offsets.length;
  const body = room !== undefined && worst <= room.length ? room : Buffer.allocUnsafe(worst);
  const width = count === 0 ? 0 : (offsets.length - 1) / count;
  let length = 0;
  for (let place = 0; place < offsets.length - 1; place += 1) {
    const [start, end] = [offsets[place] ?? 0, offsets[place + 1] ?? 0];
    if (bytes[start] === nullByte) {
      body[length++] = backslash;
      body[length++] = capitalN;
    } else {
      for (let from = start + prefixOf(bytes, start); from < end; from += 1) {
        const byte = bytes[from] ?? 0;
        if (byte === tab || byte === newline || byte === backslash) body[length++] = backslash;
        body[length++] = byte;
      }
    }
    body[length++] = (place + 1) % width === 0 ? newline : tab;
  }
  if (length > body.length) throw new HotsiteError("bad-record", "copied rows that overlap");
  return body.subarray(0, length);
}
