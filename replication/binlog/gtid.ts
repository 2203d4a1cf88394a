import type { Origin } from "../../core/position.ts";
import { eventTypes, type BinlogEvent } from "./event.ts";
import { readMysqlGtid, readTaggedGtid } from "./mysql-gtid.ts";
import { Reader, unsupported } from "./reader.ts";

/** What begins a transaction. */
export interface GtidEvent {
  /** As a position has it: `domain-server-sequence`, `uuid:7`, `uuid:tag:7`. */
  readonly gtid: string;
  /** Who wrote it: a GTID domain, `uuid`, `uuid:tag`. */
  readonly origin: Origin;
  /** One statement follows and nothing ends it; undefined where only the statement itself tells. */
  readonly standalone: boolean | undefined;
  /** When it was committed, milliseconds since 1970. */
  readonly commitMs: number;
  /** A part of an XA transaction. */
  readonly xa: boolean;
  /** A part of an ALTER TABLE that was written in two. */
  readonly twoPhaseAlter: boolean;
}

type ReadGtid = (event: BinlogEvent) => GtidEvent;

const readers: Readonly<Record<number, ReadGtid>> = {
  [eventTypes.gtid]: readMariadbGtid,
  [eventTypes.mysqlGtid]: readMysqlGtid,
  [eventTypes.taggedGtid]: readTaggedGtid,
  [eventTypes.anonymousGtid]: () => {
    throw unsupported(
      "a transaction without a GTID",
      "SET GLOBAL gtid_mode = ON, then make a new first copy",
    );
  },
};

/** Undefined for events of other kinds. */
export function gtidReader(type: number): ReadGtid | undefined {
  return readers[type];
}

const flag = { standalone: 1, groupCommit: 2, preparedXa: 64, completedXa: 128 };
const alterFlags = 2 | 4 | 8;

function readMariadbGtid({ body, serverId, timestamp }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  const sequence = compact(reader);
  const domain = reader.uint(4);
  const flags = reader.uint(1);
  const xa = (flags & (flag.preparedXa | flag.completedXa)) !== 0;
  // What an older server writes there is padding.
  reader.skip(Math.min(reader.left, (flags & flag.groupCommit) !== 0 ? 8 : 6));
  const extra = !xa && reader.left > 0 ? reader.uint(1) : 0;
  return {
    gtid: `${domain}-${serverId}-${sequence}`,
    origin: domain,
    commitMs: timestamp * 1000,
    xa,
    standalone: (flags & flag.standalone) !== 0,
    twoPhaseAlter: (extra & alterFlags) !== 0,
  };
}

/** Nearly all numbers are exact without being large, which is faster. */
function compact(reader: Reader): number | bigint {
  const [low, high] = [reader.uint(4), reader.uint(4)];
  return high < 2 ** 20 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
}
