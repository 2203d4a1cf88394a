import type { Flavour } from "../flavour.ts";
import type { ColumnType, Value } from "../record.ts";
import { readDecimal } from "./decimal.ts";
import { readCompressed } from "./compressed-column.ts";
import { jsonText } from "./json.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";
import { readDate, readDatetime, readTime, readTimestamp } from "./temporal.ts";

/** A column as the binlog writes it: what it is, and how one of its values is read. Bytes are views of the event's. */
export interface ColumnFormat {
  readonly type: ColumnType;
  /** It has a bit in the list of signs. */
  readonly numeric: boolean;
  /** It has a place in the list of character sets; MariaDB counts geometries among them. */
  readonly character: boolean;
  read(reader: Reader, traits: ColumnTraits): Value;
}

/** What the event tells of a column besides its format. */
export interface ColumnTraits {
  readonly unsigned: boolean;
  /** Of a character column: its character set is `binary`. */
  readonly binary: boolean;
}

/** The format of a column with this type code; reads its part of the metadata block. Throws "unsupported-event" for what is not carried. */
export function columnFormat(flavour: Flavour, code: number, metadata: Reader): ColumnFormat {
  const format = formats[flavour][code] ?? common[code];
  if (format === undefined) {
    throw unsupported(
      `a column of type ${code} is not supported`,
      "change the column to a type that is, then make a new first copy",
    );
  }
  return format(metadata);
}

type Formats = Readonly<Record<number, (metadata: Reader) => ColumnFormat>>;

const common: Formats = {
  1: () => integer(1),
  2: () => integer(2),
  3: () => integer(4),
  4: (metadata) => floating("float", metadata, (reader) => reader.float()),
  5: (metadata) => floating("double", metadata, (reader) => reader.double()),
  8: () => numeric("int", readBigint),
  9: () => integer(3),
  10: () => plain("date", readDate),
  13: () => numeric("year", (reader) => yearOf(reader.uint(1))),
  15: (metadata) => varchar(metadata.uint(2)),
  16: (metadata) => bits(metadata),
  17: (metadata) => withFraction("timestamp", metadata, readTimestamp),
  18: (metadata) => withFraction("datetime", metadata, readDatetime),
  19: (metadata) => withFraction("time", metadata, readTime),
  246: (metadata) => decimal(metadata.uint(1), metadata.uint(1)),
  252: (metadata) => long("text", metadata.uint(1)),
  254: (metadata) => fixed(metadata.uint(1), metadata.uint(1)),
};

const formats: Readonly<Record<Flavour, Formats>> = {
  mariadb: {
    140: (metadata) => compressed(long("text", metadata.uint(1))),
    141: (metadata) => compressed(varchar(metadata.uint(2))),
    255: (metadata) => long("geometry", metadata.uint(1)),
  },
  mysql: {
    // It has a collation among those of the texts.
    242: (metadata) => long("bytes", metadata.uint(1)),
    245: (metadata) => json(prefixed(metadata.uint(1))),
    255: (metadata) => plain("geometry", prefixed(metadata.uint(1))),
  },
};

function plain(type: ColumnType, read: (reader: Reader) => Value): ColumnFormat {
  return { type, numeric: false, character: false, read };
}

function numeric(type: ColumnType, read: (reader: Reader, traits: ColumnTraits) => Value): ColumnFormat {
  return { type, numeric: true, character: false, read };
}

function integer(bytes: number): ColumnFormat {
  return numeric("int", (reader, { unsigned }) => (unsigned ? reader.uint(bytes) : reader.int(bytes)));
}

const wordValue = 2 ** 32;
/** Below it, a number is exact whatever its lower half is. */
const exactHigh = 2 ** 20;

function readBigint(reader: Reader, { unsigned }: ColumnTraits): Value {
  const { bytes } = reader;
  const start = reader.skip(8);
  const high = unsigned ? bytes.readUInt32LE(start + 4) : bytes.readInt32LE(start + 4);
  if (high < exactHigh && high > -exactHigh) return high * wordValue + bytes.readUInt32LE(start);
  return compact(unsigned ? bytes.readBigUInt64LE(start) : bytes.readBigInt64LE(start));
}

/** A number where it is exact. */
function compact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function floating(type: ColumnType, metadata: Reader, read: (reader: Reader) => number): ColumnFormat {
  // Its length, which the type says already.
  metadata.skip(1);
  return numeric(type, (reader) => {
    const value = read(reader);
    return Object.is(value, -0) ? "-0" : value;
  });
}

/** 0 stands for the year 0000, not for 1900. */
function yearOf(byte: number): number {
  return byte === 0 ? 0 : 1900 + byte;
}

function decimal(precision: number, scale: number): ColumnFormat {
  if (precision > 65 || scale > precision) throw badEvent(`a DECIMAL(${precision},${scale})`);
  return numeric("decimal", (reader) => readDecimal(reader, precision, scale));
}

function withFraction(
  type: ColumnType,
  metadata: Reader,
  read: (reader: Reader, digits: number) => string,
): ColumnFormat {
  const digits = metadata.uint(1);
  if (digits > 6) throw badEvent(`a ${type} with ${digits} digits after the second`);
  return plain(type, (reader) => read(reader, digits));
}

function bits(metadata: Reader): ColumnFormat {
  const [odd, whole] = [metadata.uint(1), metadata.uint(1)];
  const bytes = whole + (odd > 0 ? 1 : 0);
  return plain("bit", (reader) => reader.take(bytes));
}

function characters(type: ColumnType, read: ColumnFormat["read"]): ColumnFormat {
  return { type, numeric: false, character: true, read };
}

function varchar(maxBytes: number): ColumnFormat {
  const prefix = maxBytes > 255 ? 2 : 1;
  return characters("text", (reader) => reader.take(reader.uint(prefix)));
}

function long(type: ColumnType, prefix: number): ColumnFormat {
  return characters(type, prefixed(prefix));
}

/** Bytes behind their length. */
function prefixed(prefix: number): (reader: Reader) => Buffer {
  if (prefix < 1 || prefix > 4) throw badEvent(`a length of ${prefix} bytes`);
  return (reader) => reader.take(reader.uint(prefix));
}

function json(read: (reader: Reader) => Buffer): ColumnFormat {
  return plain("json", (reader) => jsonText(read(reader)));
}

/** A column that is declared `COMPRESSED`: the value is packed wherever a plain one stands. */
function compressed(plainColumn: ColumnFormat): ColumnFormat {
  const read: ColumnFormat["read"] = (reader, traits) => {
    const value = plainColumn.read(reader, traits);
    return value instanceof Uint8Array ? readCompressed(value) : value;
  };
  return { ...plainColumn, read };
}

const enumCode = 247;
const setCode = 248;

/** CHAR, BINARY, ENUM and SET share a code; the two high bits of a long CHAR's length are folded into the real one. */
function fixed(high: number, low: number): ColumnFormat {
  if (high === enumCode || high === setCode) return labelled(high === enumCode ? "enum" : "set", low);
  const folded = (high & 0x30) !== 0x30;
  if ((high | 0x30) !== 254) throw badEvent(`a string of type ${high}`);
  const bytes = folded ? low | (((high & 0x30) ^ 0x30) << 4) : low;
  const prefix = bytes > 255 ? 2 : 1;
  return characters("text", (reader, { binary }) => {
    const value = reader.take(reader.uint(prefix));
    // The server leaves out trailing zeros, which are part of a BINARY's value.
    return binary && value.length < bytes ? Buffer.concat([value], bytes) : value;
  });
}

function labelled(type: ColumnType, bytes: number): ColumnFormat {
  if (![1, 2, 3, 4, 8].includes(bytes)) throw badEvent(`a ${type} of ${bytes} bytes`);
  const read = (reader: Reader): Value => (bytes === 8 ? compact(reader.uint64()) : reader.uint(bytes));
  return { type, numeric: false, character: false, read };
}
