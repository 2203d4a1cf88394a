import { checksum } from "./checksum.ts";
import { badEvent, Reader } from "./reader.ts";

/** The kinds of events that servers write and replication looks at: common ones, then MySQL's, then MariaDB's. */
export const eventTypes = {
  query: 2,
  stop: 3,
  rotate: 4,
  rand: 13,
  userVariable: 14,
  formatDescription: 15,
  xid: 16,
  tableMap: 19,
  writeRows: 23,
  updateRows: 24,
  deleteRows: 25,
  heartbeat: 27,
  ignorable: 28,
  rowsQuery: 29,
  writeRowsV2: 30,
  updateRowsV2: 31,
  deleteRowsV2: 32,
  mysqlGtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  transactionContext: 36,
  viewChange: 37,
  xaPrepare: 38,
  partialUpdateRows: 39,
  transactionPayload: 40,
  heartbeatV2: 41,
  taggedGtid: 42,
  annotateRows: 160,
  binlogCheckpoint: 161,
  gtid: 162,
  gtidList: 163,
  startEncryption: 164,
  queryCompressed: 165,
  writeRowsCompressed: 166,
  updateRowsCompressed: 167,
  deleteRowsCompressed: 168,
} as const;

/** One event without its checksum. */
export interface BinlogEvent {
  readonly type: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly serverId: number;
  /** Where it ends in its file; 0 when it is in none or in the middle of a transaction. */
  readonly end: number;
  readonly body: Buffer;
}

const headerBytes = 19;
const checksumBytes = 4;

/** Takes packets apart and verifies their checksums, which may change from file to file. */
export class EventParser {
  #checksums: boolean;

  /** `checksums`: whether the server adds them to what it sends before the first file's description. */
  constructor(checksums: boolean) {
    this.#checksums = checksums;
  }

  /** Throws `HotsiteError` "bad-event" on a wrong length or checksum. */
  parse(packet: Buffer): BinlogEvent {
    return this.parseAt(packet, 0, packet.length);
  }

  /** The packet that lies between two places. Its body is a view. */
  parseAt(bytes: Buffer, start: number, end: number): BinlogEvent {
    if (end - start < headerBytes || bytes.readUInt32LE(start + 9) !== end - start)
      throw badEvent(`its length is not ${end - start}`);
    const type = bytes[start + 4] ?? 0;
    if (type === eventTypes.formatDescription)
      this.#checksums = describesChecksums(bytes[end - checksumBytes - 1]);
    return {
      type,
      timestamp: bytes.readUInt32LE(start),
      serverId: bytes.readUInt32LE(start + 5),
      end: bytes.readUInt32LE(start + 13),
      body: this.#checksums
        ? verified(bytes, start, end - checksumBytes)
        : bytes.subarray(start + headerBytes, end),
    };
  }
}

/** Name of the file that follows, and where in it. */
export function parseRotate(body: Buffer): { file: string; position: number } {
  const reader = new Reader(body);
  return { position: Number(reader.uint64()), file: reader.take(reader.left).toString("utf8") };
}

/** The version of the server that wrote a file, out of its description. */
export function parseWriter(body: Buffer): string {
  const reader = new Reader(body, 2);
  return reader
    .take(50)
    .toString("latin1")
    .replace(/\0[^]*$/, "");
}

/** The description ends with the algorithm and, always, a checksum's place. */
function describesChecksums(algorithm: number | undefined): boolean {
  if (algorithm === 0 || algorithm === 1) return algorithm === 1;
  throw badEvent(`a checksum algorithm ${algorithm ?? "that is missing"}`);
}

/** The body of the packet with its checksum behind it. */
function verified(bytes: Buffer, start: number, end: number): Buffer {
  const bodyStart = start + headerBytes;
  if (end < bodyStart) throw badEvent("its checksum is wrong");
  const body = bytes.subarray(bodyStart, end);
  const header = checksum(bytes, start, bodyStart);
  if (checksum(body, 0, body.length, header) !== bytes.readUInt32LE(end))
    throw badEvent("its checksum is wrong");
  return body;
}
