import type { BinlogEvent } from "./event.ts";
import type { GtidEvent } from "./gtid.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";

/** Gives the times of commit, in 7 bytes each, behind the numbers of the logical clock. */
const clockCode = 2;
/** In the first time: that of the first server follows in another one. */
const secondTime = 1n << 55n;

/** MySQL's GTID event of fixed layout. */
export function readMysqlGtid({ body, timestamp }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  reader.skip(1);
  const uuid = uuidText(reader.take(16));
  const number = numberOf(reader.int64());
  const clocked = reader.left > 0 && reader.uint(1) === clockCode;
  const times = clocked && reader.left >= 16 + 7 ? new Reader(body, reader.offset + 16) : undefined;
  const micros = times === undefined ? 0n : uint56(times) & ~secondTime;
  return gtidEvent(uuid, "", number, micros, timestamp);
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
  return gtidEvent(uuid, tag, numberOf(number), micros, timestamp);
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

function gtidEvent(uuid: string, tag: string, number: bigint, micros: bigint, timestamp: number): GtidEvent {
  if (tag !== "" && !tagPattern.test(tag)) throw badEvent("a tag that is none");
  const origin = tag === "" ? uuid : `${uuid}:${tag}`;
  const commitMs = micros === 0n ? timestamp * 1000 : Number(micros / 1000n);
  return {
    ...{ gtid: `${origin}:${number}`, origin, commitMs, standalone: undefined },
    ...{ xa: false, alterWaits: false },
  };
}

function numberOf(number: bigint): bigint {
  if (number < 1n) throw badEvent(`a GTID number ${number}`);
  return number;
}

function uuidText(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function uint56(reader: Reader): bigint {
  const low = BigInt(reader.uint(4));
  return low | (BigInt(reader.uint(3)) << 32n);
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
