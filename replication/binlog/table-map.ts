import type { Flavour, ServerVersion } from "../flavour.ts";
import type { ColumnSchema } from "../record.ts";
import { columnFormat, type ColumnFormat, type ColumnTraits } from "./columns.ts";
import { PackedTable } from "./packed-rows.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";
import { unsignedPlaces } from "./signs.ts";

/** Names of character sets by the number of any of their collations. */
export type Charsets = ReadonlyMap<number, string>;

/** What a TABLE_MAP event says first. */
export interface TableName {
  readonly id: number;
  readonly database: string;
  readonly table: string;
}

/** Reads the name alone: enough to pass over a table that is not replicated. The reader then stands at its columns. */
export function readTableName(reader: Reader): TableName {
  const id = reader.uint(6);
  reader.skip(2);
  const database = reader.shortText();
  reader.skip(1);
  const table = reader.shortText();
  reader.skip(1);
  return { id, database, table };
}

export interface TableReading {
  readonly flavour: Flavour;
  readonly charsets: Charsets;
  /** The server that wrote the binlog. */
  readonly writer?: ServerVersion | undefined;
}

/** Reads the columns after the name. Throws "unsupported-event" when the source does not describe them fully or one cannot be carried. */
export function readTable(
  { database, table }: TableName,
  reader: Reader,
  { flavour, charsets, writer }: TableReading,
): PackedTable {
  const codes = Buffer.from(reader.take(reader.length()));
  const metadata = Buffer.from(reader.take(reader.length()));
  const block = new Reader(metadata);
  const formats = [...codes].map((code) => columnFormat(flavour, code, block));
  const nulls = reader.take((codes.length + 7) >> 3);
  const details = readDetails(reader, formats, writer);
  const { names, primaryKey } = details;
  if (names.length !== codes.length)
    throw unsupported(`${database}.${table}: the binlog does not name the columns`, fullMetadata);
  const traits = formats.map((_, place) => traitsOf(details, place));
  const columns = formats.map((format, place): ColumnSchema => {
    const nullable = (((nulls[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
    return { name: names[place] ?? "", nullable, ...typeOf(format, details, place, charsets) };
  });
  return new PackedTable({ database, table, columns, primaryKey }, { flavour, codes, metadata, traits });
}

const fullMetadata = "SET GLOBAL binlog_row_metadata = FULL, then make a new first copy";
const binaryCollation = 63;

interface Details {
  readonly names: readonly string[];
  readonly primaryKey: readonly number[];
  /** By the place of the column. */
  readonly unsigned: ReadonlySet<number>;
  readonly collations: ReadonlyMap<number, number>;
}

function traitsOf({ unsigned, collations }: Details, place: number): ColumnTraits {
  return { unsigned: unsigned.has(place), binary: collations.get(place) === binaryCollation };
}

function typeOf(
  { type }: ColumnFormat,
  { unsigned, collations, names }: Details,
  place: number,
  charsets: Charsets,
): Pick<ColumnSchema, "type" | "unsigned" | "charset"> {
  if (type !== "text") return { type, unsigned: unsigned.has(place) };
  const collation = collations.get(place);
  if (collation === undefined)
    throw unsupported(`column ${names[place] ?? ""} has no collation`, fullMetadata);
  if (collation === binaryCollation) return { type: "bytes", unsigned: false };
  const charset = charsets.get(collation);
  if (charset === undefined) throw badEvent(`a collation ${collation} that the source does not list`);
  return { type, unsigned: false, charset };
}

function readDetails(
  reader: Reader,
  formats: readonly ColumnFormat[],
  writer: ServerVersion | undefined,
): Details {
  const fields = new Map<number, Buffer>();
  while (reader.left > 0) fields.set(reader.uint(1), reader.take(reader.length()));
  const field = (code: number): Reader => new Reader(fields.get(code) ?? Buffer.alloc(0));
  const character = formats.flatMap((format, place) => (format.character ? [place] : []));
  return {
    names: readAll(field(4), (names) => names.take(names.length()).toString("utf8")),
    primaryKey: [
      ...readAll(field(8), (key) => key.length()),
      ...readAll(field(9), (key) => [key.length(), key.length()][0] ?? 0),
    ],
    unsigned: unsignedPlaces(field(1).bytes, formats, writer),
    collations: new Map([
      ...defaultAndOthers(field(2), character),
      ...readAll(field(3), (list) => list.length()).map((id, place) => [character[place] ?? -1, id] as const),
    ]),
  };
}

/** One collation for all, then pairs of place and collation for those that have another. */
function defaultAndOthers(reader: Reader, places: readonly number[]): readonly (readonly [number, number])[] {
  if (reader.left === 0) return [];
  const common = reader.length();
  const others = readAll(reader, (list) => [places[list.length()] ?? -1, list.length()] as const);
  return [...places.map((place) => [place, common] as const), ...others];
}

function readAll<T>(reader: Reader, read: (reader: Reader) => T): readonly T[] {
  const values: T[] = [];
  while (reader.left > 0) values.push(read(reader));
  return values;
}
