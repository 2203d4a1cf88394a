import type { Flavour } from "../flavour.ts";
import type { Plain } from "../plain.ts";
import type { ColumnSchema, ColumnType, Row, RowsChange, TableSchema, Value } from "../record.ts";
import { columnFormat, type ColumnFormat, type ColumnTraits } from "./columns.ts";
import { packedField, type PackedField } from "./packed-field.ts";
import { badEvent, Reader } from "./reader.ts";

/** How the images of a table are laid out, as its TABLE_MAP tells. */
export interface PackedLayout {
  readonly flavour: Flavour;
  /** Types of the columns, and what the types need. */
  readonly codes: Buffer;
  readonly metadata: Buffer;
  readonly traits: readonly ColumnTraits[];
}

/** A table with all that it takes to read its images. */
export class PackedTable {
  readonly schema: TableSchema;
  readonly layout: PackedLayout;
  readonly fields: readonly PackedField[];
  readonly #formats: readonly ColumnFormat[];
  /** The last two images that somebody looked at: most looks are at one of them. */
  #located: [Located, Located];

  /** Throws "bad-event" or "unsupported-event" on a layout that does not fit the columns. */
  constructor(schema: TableSchema, layout: PackedLayout) {
    const { flavour, codes, metadata, traits } = layout;
    if (codes.length !== schema.columns.length || traits.length !== codes.length)
      throw badEvent(`${codes.length} types of ${schema.columns.length} columns`);
    this.schema = schema;
    this.layout = layout;
    const reader = new Reader(metadata);
    const formats: ColumnFormat[] = [];
    this.fields = schema.columns.map((column, place) => {
      const [start, code] = [reader.offset, codes[place] ?? 0];
      const format = columnFormat(flavour, code, reader);
      formats.push(format);
      const facts = { code, metadata: metadata.subarray(start, reader.offset), format, column };
      return packedField({ ...facts, traits: traits[place] ?? { unsigned: false, binary: false } });
    });
    this.#formats = formats;
    this.#located = [nowhere(codes.length), nowhere(codes.length)];
  }

  /** Where the image that begins at `start` has its values. Throws "bad-event" when it is longer than the bytes. */
  locate(bytes: Buffer, start: number): Located {
    const [newer, older] = this.#located;
    if (newer.start === start && newer.bytes === bytes) return newer;
    this.#located = [older, newer];
    if (older.start === start && older.bytes === bytes) return older;
    this.#walk(older, bytes, start);
    return older;
  }

  /** The image that begins at `start`, as values. */
  values(bytes: Buffer, start: number): Row {
    return this.read(new Reader(bytes, start));
  }

  /** The image where the reader stands, which stands at the next one after it. */
  read(reader: Reader): Row {
    const { bytes } = reader;
    const width = this.#formats.length;
    const start = reader.skip(nullBytes(width));
    const row = new Array<Value>(width);
    for (let place = 0; place < width; place += 1) {
      const [format, traits] = [this.#formats[place], this.layout.traits[place]];
      const absent = isNull(bytes, start, place) || format === undefined || traits === undefined;
      row[place] = absent ? null : format.read(reader, traits);
    }
    return row;
  }

  #walk(located: Located, bytes: Buffer, start: number): void {
    const { offsets } = located;
    const width = offsets.length;
    let offset = start + nullBytes(width);
    for (let place = 0; place < width; place += 1) {
      if (isNull(bytes, start, place)) {
        offsets[place] = -1;
        continue;
      }
      offsets[place] = offset;
      offset = this.fields[place]?.end(bytes, offset) ?? NaN;
      if (!(offset <= bytes.length)) throw badEvent("a row that is cut off");
    }
    if (offset > bytes.length) throw badEvent("a row that is cut off");
    [located.bytes, located.start, located.end] = [bytes, start, offset];
  }
}

/** Where the values of an image begin, -1 for NULL, and where it ends. */
interface Located {
  readonly offsets: Int32Array;
  bytes: Buffer | undefined;
  start: number;
  end: number;
}

function nowhere(columns: number): Located {
  return { offsets: new Int32Array(columns), bytes: undefined, start: -1, end: -1 };
}

/** One row of packed rows. */
export class PackedImage {
  readonly table: PackedTable;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly size: number;

  constructor(table: PackedTable, bytes: Buffer, start: number, end: number) {
    this.table = table;
    this.#bytes = bytes;
    this.#start = start;
    this.size = end - start;
  }

  isNull(place: number): boolean {
    return isNull(this.#bytes, this.#start, place);
  }

  /** A value as SQL; undefined where the target's column is of another type than the stream says. */
  sql(place: number, type: ColumnType): string | undefined {
    const offset = this.#offset(place);
    if (offset < 0) return "NULL";
    return this.table.schema.columns[place]?.type === type
      ? this.table.fields[place]?.sql(this.#bytes, offset)
      : undefined;
  }

  /** A value as a file has it. */
  plain(place: number): Plain {
    const offset = this.#offset(place);
    return offset < 0 ? null : (this.table.fields[place]?.plain(this.#bytes, offset) ?? null);
  }

  /** Values as SQL, with commas between them; undefined where the target has a column of another type. */
  list(places: readonly number[], columns: readonly ColumnSchema[]): string | undefined {
    const { schema, fields } = this.table;
    const { offsets } = this.table.locate(this.#bytes, this.#start);
    const values: string[] = [];
    for (const place of places) {
      const [offset, field] = [offsets[place] ?? -1, fields[place]];
      if (field === undefined || schema.columns[place]?.type !== columns[place]?.type) return undefined;
      values.push(offset < 0 ? "NULL" : field.sql(this.#bytes, offset));
    }
    return values.join(",");
  }

  values(): Row {
    return this.table.values(this.#bytes, this.#start);
  }

  /** As Latin 1; undefined for NULL and for what is neither text nor bytes. */
  bytesText(place: number): string | undefined {
    const [offset, field] = [this.#offset(place), this.table.fields[place]];
    if (offset < 0 || field?.prefix === undefined) return undefined;
    return this.#bytes.toString("latin1", offset + field.prefix, field.end(this.#bytes, offset));
  }

  same(other: PackedImage, place: number): boolean {
    const [offset, theirs] = [this.#offset(place), other.#offset(place)];
    if (offset < 0 || theirs < 0) return offset === theirs;
    const end = this.table.fields[place]?.end(this.#bytes, offset);
    const theirEnd = other.table.fields[place]?.end(other.#bytes, theirs);
    return this.#bytes.compare(other.#bytes, theirs, theirEnd, offset, end) === 0;
  }

  #offset(place: number): number {
    return this.table.locate(this.#bytes, this.#start).offsets[place] ?? -1;
  }
}

/**
 * Rows as the binlog has them, image after image; of an update the one before and the one after it. From the source to the SQL at the
 * target most rows are never taken apart into values: whoever wants those gets them when asking.
 */
export interface PackedRows {
  readonly table: PackedTable;
  readonly chunks: readonly Buffer[];
}

/** What a list tells its packed rows by. */
const packedKey = Symbol("packed rows");

/** The packed rows of a change, of which it has the values of all and in their order. */
export function packedRows({ rows }: Pick<RowsChange, "rows">): PackedRows | undefined {
  return (rows as { readonly [packedKey]?: PackedRows })[packedKey];
}

/** `rows` and `after` of a change: lists that read the values when somebody looks into them. */
export function listsOf(kind: RowsChange["kind"], packed: PackedRows): Pick<RowsChange, "rows" | "after"> {
  if (kind !== "update") return { rows: listOf(packed, 1, 0) };
  return { rows: listOf(packed, 2, 0), after: listOf(packed, 2, 1) };
}

function listOf(packed: PackedRows, step: number, offset: number): readonly Row[] {
  return new Proxy<Row[]>([], new LateRows(packed, step, offset));
}

/** Fills the list at the first look. */
class LateRows implements ProxyHandler<Row[]> {
  readonly #step: number;
  readonly #offset: number;
  readonly #packed: PackedRows;
  #full = false;

  constructor(packed: PackedRows, step: number, offset: number) {
    this.#packed = packed;
    this.#step = step;
    this.#offset = offset;
  }

  get(list: Row[], key: PropertyKey): unknown {
    return key === packedKey ? this.#packed : Reflect.get(this.#filled(list), key, list);
  }

  has(list: Row[], key: PropertyKey): boolean {
    return Reflect.has(this.#filled(list), key);
  }

  ownKeys(list: Row[]): (string | symbol)[] {
    return Reflect.ownKeys(this.#filled(list));
  }

  getOwnPropertyDescriptor(list: Row[], key: PropertyKey): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.#filled(list), key);
  }

  #filled(list: Row[]): Row[] {
    if (this.#full) return list;
    this.#full = true;
    const { table, chunks } = this.#packed;
    let place = 0;
    for (const bytes of chunks) {
      const reader = new Reader(bytes);
      while (reader.left > 0) {
        if (place % this.#step === this.#offset) list.push(table.read(reader));
        else reader.offset = table.locate(bytes, reader.offset).end;
        place += 1;
      }
    }
    return list;
  }
}

/** How many images there are. Throws "bad-event" on what is none. */
export function countImages({ table, chunks }: PackedRows): number {
  let count = 0;
  for (const bytes of chunks)
    for (let start = 0; start < bytes.length; count += 1) start = table.locate(bytes, start).end;
  return count;
}

/** Where each image is. Throws "bad-event" on what is none. */
export function* images({ table, chunks }: PackedRows): Generator<readonly [Buffer, number, number]> {
  for (const bytes of chunks) {
    for (let start = 0; start < bytes.length;) {
      const { end } = table.locate(bytes, start);
      yield [bytes, start, end];
      start = end;
    }
  }
}

function nullBytes(columns: number): number {
  return (columns + 7) >> 3;
}

function isNull(bytes: Buffer, start: number, place: number): boolean {
  return (((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1) === 1;
}
