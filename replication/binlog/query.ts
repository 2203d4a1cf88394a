import { TextDecoder } from "node:util";
import type { Flavour } from "../flavour.ts";
import type { StatementChange } from "../record.ts";
import { uncompressed } from "./compressed.ts";
import { eventTypes, type BinlogEvent } from "./event.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";
import type { Charsets } from "./table-map.ts";

/** A QUERY event before its text and session are looked at closely. */
export interface QueryEvent {
  readonly timestamp: number;
  readonly database: string;
  /** In the session's character set; keywords are ASCII in all that servers let a client use. */
  readonly text: Buffer;
  readonly status: Buffer;
}

/** Before the status: who ran it and for how long, and the lengths of what follows. */
const headBytes = 13;
const begin = Buffer.from("BEGIN");

/** Whether it only begins a transaction, as nearly all of MySQL's do: then nothing else of it is looked at. */
export function isBegin({ type, body }: BinlogEvent): boolean {
  if (type !== eventTypes.query || body.length < headBytes) return false;
  const textStart = headBytes + body.readUInt16LE(11) + (body[8] ?? 0) + 1;
  return textStart + begin.length === body.length && body.compare(begin, 0, begin.length, textStart) === 0;
}

export function readQuery({ type, timestamp, body }: BinlogEvent): QueryEvent {
  const reader = new Reader(body);
  reader.skip(8);
  const databaseLength = reader.uint(1);
  reader.skip(2);
  const status = reader.take(reader.uint(2));
  const database = reader.take(databaseLength).toString("utf8");
  reader.skip(1);
  const rest = reader.take(reader.left);
  return {
    ...{ timestamp, database, status },
    text: type === eventTypes.queryCompressed ? uncompressed(rest) : rest,
  };
}

/** The statement with its session. Throws "unsupported-event" when part of it cannot be carried. */
export function statementOf(
  query: QueryEvent,
  { charsets, flavour }: { readonly charsets: Charsets; readonly flavour: Flavour },
): StatementChange {
  const session = readStatus(new Reader(query.status));
  return {
    kind: "statement",
    sql: decodeText(query.text, charsets.get(session.collationClient) ?? "unknown"),
    database: query.database,
    sqlMode: session.sqlMode,
    collationConnection: session.collationConnection,
    collationServer: session.collationServer,
    ...(session.timeZone === undefined ? {} : { timeZone: session.timeZone }),
    timestamp: query.timestamp + session.microseconds / 1e6,
    checks: {
      foreignKeys: (session.flags & flag.noForeignKeys) === 0,
      unique: (session.flags & flag.relaxedUnique) === 0,
      constraints: (session.flags & flag.noConstraints) === 0,
    },
    ...(session.autoIncrement === undefined ? {} : { autoIncrement: session.autoIncrement }),
    ...(session.dayNames === undefined ? {} : { dayNames: session.dayNames }),
    ...(session.invoker === undefined ? {} : { invoker: session.invoker }),
    ...(session.explicitTimestamps === undefined ? {} : { explicitTimestamps: session.explicitTimestamps }),
    ...(flavour === "mariadb" ? mariadbFlags(session.flags) : {}),
    ...(session.collationUtf8mb4 === undefined ? {} : { collationUtf8mb4: session.collationUtf8mb4 }),
    ...(session.charsetCollations === undefined ? {} : { charsetCollations: session.charsetCollations }),
  };
}

function mariadbFlags(flags: number): Pick<StatementChange, "ifExists" | "explicitTimestamps"> {
  return {
    explicitTimestamps: (flags & flag.explicitTimestamps) !== 0,
    ...((flags & flag.ifExists) === 0 ? {} : { ifExists: true }),
  };
}

/** The text as it is sent again, in utf8mb4. */
export function decodeText(text: Buffer, charset: string): string {
  const known = decoders[charset];
  if (known === undefined)
    throw unsupported(`a statement in character set ${charset}`, "run it with SET NAMES utf8mb4");
  try {
    return known.decode(text);
  } catch {
    throw unsupported("a statement that is not valid text", "write bytes as X'…' in it");
  }
}

const decoder = (encoding: string): TextDecoder =>
  new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
const utf8 = decoder("utf-8");

/** Of the bytes from 0x80 to 0x9f. Node's own decoder takes them for control characters. */
const windowsSigns = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const latin1 = {
  decode: (text: Buffer): string =>
    text.toString("latin1").replace(/[\x80-\x9f]/g, (sign) => windowsSigns.charAt(sign.charCodeAt(0) - 0x80)),
};

interface Decoder {
  decode(text: Buffer): string;
}

/** By the server's name of the character set; those that differ from every standard are not among them. */
const decoders: Readonly<Record<string, Decoder>> = {
  ...{ utf8mb4: utf8, utf8mb3: utf8, utf8: utf8, ascii: utf8, binary: utf8 },
  ...{ latin1, latin2: decoder("iso-8859-2"), latin5: decoder("windows-1254") },
  ...{ latin7: decoder("iso-8859-13"), greek: decoder("iso-8859-7"), hebrew: decoder("iso-8859-8") },
  ...{ cp1250: decoder("windows-1250"), cp1251: decoder("windows-1251"), cp1256: decoder("windows-1256") },
  ...{ cp1257: decoder("windows-1257"), cp866: decoder("ibm866"), koi8r: decoder("koi8-r") },
  ...{ koi8u: decoder("koi8-u"), macroman: decoder("macintosh"), tis620: decoder("windows-874") },
  ...{ big5: decoder("big5"), gb2312: decoder("gbk"), gbk: decoder("gbk"), gb18030: decoder("gb18030") },
  ...{ sjis: decoder("shift_jis"), cp932: decoder("shift_jis"), ujis: decoder("euc-jp") },
  ...{ eucjpms: decoder("euc-jp"), euckr: decoder("euc-kr") },
};

/** Bits of `flags2`. */
const flag = {
  ...{ noConstraints: 1 << 15, noForeignKeys: 1 << 26, relaxedUnique: 1 << 27 },
  ...{ explicitTimestamps: 1 << 24, ifExists: 1 << 28 },
};

interface Session {
  flags: number;
  sqlMode: number | bigint;
  collationClient: number;
  collationConnection: number;
  collationServer: number;
  microseconds: number;
  timeZone?: string;
  autoIncrement?: { increment: number; offset: number };
  dayNames?: number;
  invoker?: { user: string; host: string };
  explicitTimestamps?: boolean;
  collationUtf8mb4?: number;
  charsetCollations?: readonly number[];
}

/** What both servers write, then MySQL's, then MariaDB's, each in the order in which they come; after one that is not known nothing more could be read. */
function readStatus(reader: Reader): Session {
  const session: Session = {
    ...{
      flags: 0,
      sqlMode: 0,
      collationClient: 0,
      collationConnection: 0,
      collationServer: 0,
      microseconds: 0,
    },
  };
  while (reader.left > 0) {
    const code = reader.uint(1);
    const read = variables[code];
    if (read === undefined) throw unsupported(`a statement with session variable ${code}`, newerServer);
    read(reader, session);
  }
  return session;
}

const newerServer =
  "the source may be newer than this Hotsite knows: use a newer Hotsite, or an older server";

const variables: Readonly<Record<number, (reader: Reader, session: Session) => unknown>> = {
  0: (reader, session) => (session.flags = reader.uint(4)),
  1: (reader, session) => (session.sqlMode = safe(reader.uint64())),
  2: (reader) => reader.skip(reader.uint(1) + 1),
  3: (reader, session) => (session.autoIncrement = { increment: reader.uint(2), offset: reader.uint(2) }),
  4: (reader, session) => {
    session.collationClient = reader.uint(2);
    session.collationConnection = reader.uint(2);
    session.collationServer = reader.uint(2);
  },
  5: (reader, session) => (session.timeZone = reader.shortText()),
  6: (reader) => reader.shortText(),
  7: (reader, session) => (session.dayNames = reader.uint(2)),
  // Collation of the default database, tables of a multi-table update.
  8: (reader) => reader.skip(2),
  9: (reader) => reader.skip(8),
  10: (reader) => reader.skip(4),
  11: (reader, session) => (session.invoker = { user: reader.shortText(), host: reader.shortText() }),
  12: passNames,
  13: (reader, session) => (session.microseconds = reader.uint(3)),
  16: (reader, session) => (session.explicitTimestamps = reader.uint(1) !== 0),
  // Number of the DDL for the server's own crash recovery.
  17: (reader) => reader.skip(8),
  18: (reader, session) => (session.collationUtf8mb4 = reader.uint(2)),
  // Whether a table without a primary key, or an unencrypted one, would have been refused: it was not.
  19: (reader) => reader.skip(1),
  20: (reader) => reader.skip(1),
  // Only with statements that change rows.
  21: (reader) => reader.skip(1),
  128: (reader, session) => (session.microseconds = reader.uint(3)),
  129: (reader) => reader.skip(8),
  // Which part of an ALTER TABLE in two parts it is, and of the end the number of its beginning.
  130: (reader) => ((reader.uint(1) & endOfAlter) === 0 ? 0 : reader.skip(8)),
  // Pairs: the collation built in for a character set, and the one that stands in for it.
  131: (reader, session) =>
    (session.charsetCollations = Array.from({ length: reader.uint(1) }, () => {
      reader.skip(2);
      return reader.uint(2);
    })),
};

/** Names of the databases that the statement changes, or a number that stands for too many. */
function passNames(reader: Reader): void {
  const count = reader.uint(1);
  for (let left = count === 254 ? 0 : count; left > 0; left -= 1) while (reader.uint(1) !== 0);
}

const endOfAlter = 4 | 8;

function safe(value: bigint): number | bigint {
  if (value > 2n ** 63n) throw badEvent("a sql_mode beyond all modes");
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
