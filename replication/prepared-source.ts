import { HotsiteError } from "../core/errors.ts";
import {
  formatPosition,
  joinPositions,
  ofOrigin,
  originOf,
  parsePosition,
  subtractPosition,
  type GtidPosition,
} from "../core/position.ts";
import type { PreparedByXa } from "../core/protection.ts";
import type { Piece } from "./binlog/transactions.ts";
import { piecesFrom, type ReadOptions } from "./read-pieces.ts";
import type { PreparedTransaction } from "./record.ts";
import type { SourceState } from "./start-position.ts";

/** The rows of a prepared transaction, from the source's binlog. Throws "source-refused" when it does not have them any more. */
export async function* preparedRows(
  options: ReadOptions,
  reader: string,
  { gtid, after, xid }: PreparedTransaction,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const origin = originOf(gtid);
  const from = ({ position }: SourceState): GtidPosition =>
    isNumbered(gtid)
      ? parsePosition(after)
      : subtractPosition(ofOrigin(position, origin), parsePosition(gtid));
  for await (const piece of piecesFrom(options, { from, origin, reader }, signal)) {
    if (piece.gtid !== gtid) throw missing(xid);
    yield piece;
    if (piece.last) return;
  }
}

/** How many transactions before a decision its prepare is looked for. */
const looks = [1_000, 100_000];

/**
 * What the decision with this GTID is about, of which only the source's binlog knows: "decided" when it was decided before, as a source that
 * was killed lets it be decided again; undefined when the binlog does not have it, or only long ago.
 */
export async function findPrepared(
  options: ReadOptions,
  reader: string,
  { xid, gtid }: { readonly xid: string; readonly gtid: string },
  signal: AbortSignal,
): Promise<PreparedTransaction | "decided" | undefined> {
  for (const count of looks) {
    const found = await look(options, reader, { xid, gtid, count }, signal).catch((error: unknown) => {
      // It does not have so much of its binlog.
      if (error instanceof HotsiteError && !error.retryable) return undefined;
      throw error;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

async function look(
  options: ReadOptions,
  reader: string,
  { xid, gtid, count }: { xid: string; gtid: string; count: number },
  signal: AbortSignal,
): Promise<PreparedTransaction | "decided" | undefined> {
  const origin = originOf(gtid);
  let found: PreparedTransaction | "decided" | undefined;
  const begin = earlier(gtid, count);
  let [before, present] = [begin, ""];
  const from = ({ position, purged }: SourceState): GtidPosition =>
    isNumbered(gtid)
      ? parsePosition(begin)
      : joinPositions(
          subtractPosition(ofOrigin(position, origin), parsePosition(begin)),
          ofOrigin(purged, origin),
        );
  for await (const piece of piecesFrom(options, { from, origin, reader }, signal)) {
    if (piece.gtid === gtid) return found;
    if (present !== piece.gtid) [before, present] = [present === "" ? begin : present, piece.gtid];
    if (piece.xa?.kind === "rows" || piece.xa?.kind === "one-phase" || piece.xa?.xid !== xid) continue;
    const { commitMs: preparedMs } = piece;
    const after = isNumbered(gtid) ? before : "";
    found = piece.xa.kind === "prepare" ? { xid, gtid: piece.gtid, preparedMs, after } : "decided";
  }
  return found;
}

/** Of a MariaDB the position so many transactions before, of a MySQL those transactions and this one. */
function earlier(gtid: string, count: number): string {
  const cut = Math.max(gtid.lastIndexOf("-"), gtid.lastIndexOf(":")) + 1;
  const [origin, number] = [gtid.slice(0, cut), Number(gtid.slice(cut))];
  if (!isNumbered(gtid)) return `${origin}${Math.max(1, number - count)}-${number}`;
  return number > count ? `${origin}${number - count}` : "";
}

/** MariaDB's: its transactions are counted by domain. */
function isNumbered(gtid: string): boolean {
  return !gtid.includes(":");
}

function missing(xid: string): HotsiteError {
  return new HotsiteError(
    "source-refused",
    `the source's binlog does not have the prepared ${xid} any more`,
    {
      hint: "make a new first copy: hotsite reprotect",
      details: { xid },
    },
  );
}

/** What a link lists, with where its rows are. */
export function placed({ xid, gtid, preparedMs }: PreparedByXa): PreparedTransaction {
  return { xid, gtid, preparedMs, after: isNumbered(gtid) ? earlier(gtid, 1) : "" };
}

/** Where a MariaDB is before a transaction, as `PreparedTransaction` says it. */
export function domainBefore(position: GtidPosition, gtid: string): string {
  return isNumbered(gtid) ? formatPosition(ofOrigin(position, originOf(gtid))) : "";
}
