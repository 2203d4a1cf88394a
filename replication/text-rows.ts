import { HotsiteError } from "../core/errors.ts";
import { literal } from "./literal.ts";
import type { ColumnSchema, ColumnType, Row, Value } from "./record.ts";

/** Rows as a server's text protocol has them, row after row: each value after its length, or a byte that stands for NULL. */
export class TextRows {
  readonly bytes: Buffer;
  readonly count: number;

  constructor(bytes: Buffer, count: number) {
    this.bytes = bytes;
    this.count = count;
  }

  /** Every value of every row. Throws "bad-record" when there are not `count` rows of these columns. */
  values(columns: readonly ColumnSchema[]): Row[] {
    return this.images(columns).map((image) => image.values());
  }

  /** The same without reading any value. */
  images(columns: readonly ColumnSchema[]): TextImage[] {
    const offsets = this.offsets(columns.length);
    return Array.from(
      { length: this.count },
      (_, place) => new TextImage(this.bytes, columns, offsets, place * columns.length),
    );
  }

  /** The last one. */
  last(columns: readonly ColumnSchema[]): Row | undefined {
    if (this.count === 0) return undefined;
    const first = (this.count - 1) * columns.length;
    return new TextImage(this.bytes, columns, this.offsets(columns.length), first).values();
  }

  /** Only those that `wanted` accepts. */
  filter(columns: readonly ColumnSchema[], wanted: (row: TextImage) => boolean): TextRows {
    const kept = this.images(columns).filter(wanted);
    return new TextRows(Buffer.concat(kept.map((image) => image.bytes)), kept.length);
  }

  /** Throws "bad-record" when there are not `count` rows of `width` values. */
  requireWidth(width: number): void {
    let [offset, values] = [0, 0];
    for (; offset < this.bytes.length; values += 1) offset = endOf(this.bytes, offset);
    if (values !== this.count * width || (width === 0 && this.count > 0)) throw unfit();
  }

  /** Where each value begins, with its length, and after them all the end. Throws "bad-record" when there are not `count` rows of `width` values. */
  offsets(width: number): Int32Array {
    const offsets = new Int32Array(this.count * width + 1);
    let offset = 0;
    for (let place = 0; place < offsets.length - 1; place += 1) {
      offsets[place] = offset;
      offset = endOf(this.bytes, offset);
    }
    offsets[offsets.length - 1] = offset;
    if (offset !== this.bytes.length) throw unfit();
    return offsets;
  }
}

/** One of these rows. */
export class TextImage {
  readonly #bytes: Buffer;
  readonly #columns: readonly ColumnSchema[];
  readonly #offsets: Int32Array;
  readonly #first: number;

  constructor(bytes: Buffer, columns: readonly ColumnSchema[], offsets: Int32Array, first: number) {
    this.#bytes = bytes;
    this.#columns = columns;
    this.#offsets = offsets;
    this.#first = first;
  }

  get bytes(): Buffer {
    const [start, end] = [this.#offsets[this.#first], this.#offsets[this.#first + this.#columns.length]];
    return this.#bytes.subarray(start, end);
  }

  get size(): number {
    return this.bytes.length;
  }

  isNull(place: number): boolean {
    return this.#bytes[this.#offset(place)] === nullByte;
  }

  values(): Row {
    return this.#columns.map((_, place) => this.value(place));
  }

  /** A value as SQL, of a target's column. */
  sql(place: number, column: ColumnSchema): string {
    if (this.isNull(place)) return "NULL";
    const { type } = column;
    if (this.#columns[place]?.type !== type) return literal(this.value(place), column);
    if (digits.has(type)) return fit(this.#text(place), number);
    return times.has(type) ? `'${fit(this.#text(place), time)}'` : literal(this.value(place), column);
  }

  /** A text, or bytes, as Latin 1; undefined for NULL and other types. */
  bytesText(place: number): string | undefined {
    const type = this.#columns[place]?.type ?? "int";
    return this.isNull(place) || readers[type] !== undefined ? undefined : this.#text(place);
  }

  same(other: TextImage, place: number): boolean {
    if (this.isNull(place) || other.isNull(place)) return this.isNull(place) && other.isNull(place);
    return this.#field(place).equals(other.#field(place));
  }

  value(place: number): Value {
    const column = this.#columns[place];
    return column === undefined || this.isNull(place) ? null : readText(column.type, this.#field(place));
  }

  #text(place: number): string {
    const start = this.#offset(place);
    return this.#bytes.toString("latin1", start + prefixOf(this.#bytes, start), this.#offset(place + 1));
  }

  #field(place: number): Buffer {
    const start = this.#offset(place);
    return this.#bytes.subarray(start + prefixOf(this.#bytes, start), this.#offset(place + 1));
  }

  #offset(place: number): number {
    return this.#offsets[this.#first + place] ?? 0;
  }
}

/** What stands for a NULL, in place of a length. */
export const nullByte = 0xfb;

/** How many bytes the length before a value takes. */
export function prefixOf(bytes: Buffer, start: number): number {
  const first = bytes[start] ?? 0;
  if (first <= nullByte) return 1;
  return first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}

/** Where the value that begins at `start` ends. Throws "bad-record" when its bytes do. */
function endOf(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === undefined || first === 0xff) throw unfit();
  const value = start + prefixOf(bytes, start);
  if (value > bytes.length) throw unfit();
  const end = value + lengthAt(bytes, start, first);
  if (end > bytes.length) throw unfit();
  return end;
}

function lengthAt(bytes: Buffer, start: number, first: number): number {
  if (first < nullByte) return first;
  if (first === nullByte) return 0;
  if (first === 0xfc) return bytes.readUInt16LE(start + 1);
  if (first === 0xfd) return bytes.readUIntLE(start + 1, 3);
  return bytes.readUInt32LE(start + 5) * 2 ** 32 + bytes.readUInt32LE(start + 1);
}

/** Types whose text is SQL as it is, and those that need no more than quotes. */
const digits: ReadonlySet<ColumnType> = new Set(["int", "decimal", "year", "enum", "set"]);
const times: ReadonlySet<ColumnType> = new Set(["date", "time", "datetime", "timestamp"]);

const number = /^-?\d+(\.\d+)?$/;
const integer = /^-?\d+$/;
const time = /^[-\d :.]*$/;

function fit(shown: string, shape: RegExp): string {
  if (shape.test(shown)) return shown;
  throw unfit();
}

const text = (bytes: Buffer): string => bytes.toString("latin1");

/** How what a copy selects is read; all others are bytes. */
const readers: Readonly<Partial<Record<ColumnType, (bytes: Buffer) => Value>>> = {
  ...{ int: whole, year: whole, enum: whole, set: whole, float: approximate, double: approximate },
  ...{ uuid: text, inet4: text, inet6: text },
  ...{ decimal: text, date: text, time: text, datetime: text, timestamp: text },
  json: (bytes) => bytes.toString("utf8"),
};

/** What a copy selects of a column of this type, as a value. */
export function readText(type: ColumnType, bytes: Buffer): Value {
  return readers[type]?.(bytes) ?? bytes;
}

function whole(bytes: Buffer): Value {
  const shown = fit(text(bytes), integer);
  const value = Number(shown);
  return Number.isSafeInteger(value) ? value : BigInt(shown);
}

function approximate(bytes: Buffer): Value {
  const value = Number(text(bytes));
  return Object.is(value, -0) ? "-0" : value;
}

function unfit(): HotsiteError {
  return new HotsiteError("bad-record", "copied rows that do not fit their table", {
    hint: "the log is damaged or was written by a newer version; reseed the link",
  });
}
