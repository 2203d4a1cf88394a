import type { BinlogEvent } from "./event.ts";
import { Reader } from "./reader.ts";

/** What begins a transaction. */
export interface GtidEvent {
  readonly domain: number;
  readonly server: number;
  readonly sequence: bigint;
  /** One statement follows and nothing ends it. */
  readonly standalone: boolean;
  /** A part of an XA transaction. */
  readonly xa: boolean;
  /** A part of an ALTER TABLE that was written in two. */
  readonly twoPhaseAlter: boolean;
}

const flag = { standalone: 1, groupCommit: 2, preparedXa: 64, completedXa: 128 };
const alterFlags = 2 | 4 | 8;

export function readGtid({ body, serverId }: BinlogEvent): GtidEvent {
  const reader = new Reader(body);
  const sequence = reader.uint64();
  const domain = reader.uint(4);
  const flags = reader.uint(1);
  const xa = (flags & (flag.preparedXa | flag.completedXa)) !== 0;
  // What an older server writes there is padding.
  reader.skip(Math.min(reader.left, (flags & flag.groupCommit) !== 0 ? 8 : 6));
  const extra = !xa && reader.left > 0 ? reader.uint(1) : 0;
  return {
    ...{ domain, server: serverId, sequence, xa },
    standalone: (flags & flag.standalone) !== 0,
    twoPhaseAlter: (extra & alterFlags) !== 0,
  };
}
