import type { BinlogEvent } from "./event.ts";
import type { GtidEvent } from "./gtid.ts";
import { badEvent, Reader, readSequence, unsupported } from "./reader.ts";

/** Gives the times of commit, in 7 bytes each, behind the numbers of the logical clock. */
const clockCode = 2;
/** Highest bit of the first time: that of the first server follows in another one. */
const secondTime = 0x80_0000;
/** Beyond it the server gives out no number. */
const highest = 2n ** 63n;

/** MySQL's GTID event of fixed layout. */
export function readMysqlGtid({ body, timestamp }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  reader.skip(1);
  const uuid = uuidAt(body, reader.skip(16));
  const number = numberOf(readSequence(reader));
  const clocked = reader.left > 0 && reader.uint(1) === clockCode;
  const times = clocked && reader.left >= 16 + 7 ? reader.offset + 16 : undefined;
  return gtidEvent(uuid, "", number, times === undefined ? 0 : microsAt(body, times), timestamp);
}

/** The GTID event of MySQL 8.3 and later for transactions with a tag: fields with a number each, in ascending order. */
export function readTaggedGtid({ body, timestamp }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  const version = variable(reader);
  if (version !== 1n) throw unsupported(`a tagged GTID of version ${version}`, newerServer);
  const size = Number(variable(reader));
  if (size > body.length) throw badEvent("a tagged GTID beyond its event");
  const known = variable(reader);
  if (known > lastField + 1n) throw unsupported(`a tagged GTID with field ${known - 1n}`, newerServer);
  const fields = readFields(new Reader(body.subarray(0, size), reader.offset));
  const { uuid, number, tag, micros } = fields;
  if (uuid === "" || number === undefined) throw badEvent("a GTID without its server or its number");
  return gtidEvent(uuid, tag, numberOf(exactly(number)), Number(micros), timestamp);
}

const newerServer =
  "the source may be newer than this Hotsite knows: use a newer Hotsite, or an older server";
const field = { flags: 0n, uuid: 1n, number: 2n, tag: 3n, lastCommitted: 4n, sequence: 5n, micros: 6n };
const lastField = 11n;
const tagPattern = /^[a-z_][a-z0-9_]{0,31}$/;

interface TaggedFields {
  uuid: string;
  number: bigint | undefined;
  tag: string;
  micros: bigint;
}

/** Up to the time of commit, the last of interest. */
function readFields(reader: Reader): TaggedFields {
  const found: TaggedFields = { uuid: "", number: undefined, tag: "", micros: 0n };
  while (reader.left > 0) {
    const id = variable(reader);
    if (id === field.uuid) found.uuid = uuidText(Buffer.from(Array.from({ length: 16 }, () => byte(reader))));
    else if (id === field.number) found.number = signed(variable(reader));
    else if (id === field.tag) found.tag = reader.take(byte(reader)).toString("latin1");
    else if (id === field.micros) found.micros = variable(reader);
    else if (id < field.micros) variable(reader);
    if (id >= field.micros) break;
  }
  return found;
}

function gtidEvent(
  uuid: string,
  tag: string,
  sequence: number | bigint,
  micros: number,
  timestamp: number,
): GtidEvent {
  if (tag !== "" && !tagPattern.test(tag)) throw badEvent("a tag that is none");
  const origin = tag === "" ? uuid : `${uuid}:${tag}`;
  return {
    gtid: `${origin}:${sequence}`,
    origin,
    sequence,
    commitMs: micros === 0 ? timestamp * 1000 : Math.floor(micros / 1000),
    standalone: undefined,
    xa: false,
    alterWaits: false,
  };
}

function numberOf(number: number | bigint): number | bigint {
  if (number < 1 || number >= highest) throw badEvent(`a GTID number ${number}`);
  return number;
}

function exactly(number: bigint): number | bigint {
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
}

/** Most transactions are of the server of the one before. */
let lastUuid = { bytes: Buffer.alloc(0), text: "" };

function uuidAt(body: Buffer, start: number): string {
  if (body.compare(lastUuid.bytes, 0, lastUuid.bytes.length, start, start + 16) !== 0) {
    const bytes = Buffer.from(body.subarray(start, start + 16));
    lastUuid = { bytes, text: uuidText(bytes) };
  }
  return lastUuid.text;
}

function uuidText(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** In 55 bits: exact until the year 2255. */
function microsAt(body: Buffer, start: number): number {
  return (body.readUIntLE(start + 4, 3) & ~secondTime) * 2 ** 32 + body.readUInt32LE(start);
}

/** As many bytes as the first one has ones at its lower end, and it itself; the bits above them are the value. */
function variable(reader: Reader): bigint {
  const first = reader.bytes[reader.offset];
  if (first === undefined) throw badEvent("it ends too early");
  const more = first === 0xff ? 8 : Math.clz32(~first & -~first) ^ 31;
  const bytes = reader.take(more + 1);
  let value = 0n;
  for (let place = bytes.length - 1; place >= 0; place -= 1)
    value = (value << 8n) | BigInt(bytes[place] ?? 0);
  return more === 8 ? value >> 8n : value >> BigInt(more + 1);
}

/** The lowest bit is the sign. */
function signed(value: bigint): bigint {
  return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n;
}

function byte(reader: Reader): number {
  const value = variable(reader);
  if (value > 255n) throw badEvent("a byte beyond 255");
  return Number(value);
}
