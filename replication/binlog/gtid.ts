import type { Origin } from "../../core/position.ts";
import { eventTypes, type BinlogEvent } from "./event.ts";
import { readMysqlGtid, readTaggedGtid } from "./mysql-gtid.ts";
import { Reader, readSequence, unsupported } from "./reader.ts";

/** What begins a transaction. */
export interface GtidEvent {
  /** As a position has it: `domain-server-sequence`, `uuid:7`, `uuid:tag:7`. */
  readonly gtid: string;
  /** Who wrote it: a GTID domain, `uuid`, `uuid:tag`. */
  readonly origin: Origin;
  /** The number that its origin gave it: a bigint only where a number would not be exact. */
  readonly sequence: number | bigint;
  /** One statement follows and nothing ends it; undefined where only the statement itself tells. */
  readonly standalone: boolean | undefined;
  /** When it was committed, milliseconds since 1970. */
  readonly commitMs: number;
  /** A part of an XA transaction. */
  readonly xa: boolean;
  /** It tells that an ALTER TABLE began, or that it failed after all; what is done is written at its end. */
  readonly alterWaits: boolean;
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
/** Of an ALTER TABLE in two parts: that it began, that it was taken back. */
const alterWaits = 2 | 8;

function readMariadbGtid({ body, serverId, timestamp }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  const sequence = readSequence(reader);
  const domain = reader.uint(4);
  const flags = reader.uint(1);
  const xa = (flags & (flag.preparedXa | flag.completedXa)) !== 0;
  if ((flags & flag.groupCommit) !== 0) reader.skip(8);
  // What an older server writes there is zeros.
  const extra = !xa && reader.left > 0 ? reader.uint(1) : 0;
  return {
    gtid: `${domain}-${serverId}-${sequence}`,
    origin: domain,
    sequence,
    commitMs: timestamp * 1000,
    xa,
    standalone: (flags & flag.standalone) !== 0,
    alterWaits: (extra & alterWaits) !== 0,
  };
}
