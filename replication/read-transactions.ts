import {
  includesPosition,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
} from "../core/position.ts";
import type { Piece } from "./binlog/transactions.ts";
import { decisionsAt, type Decisions } from "./decisions.ts";
import { openReading, type ReadOptions } from "./read-pieces.ts";
import { Source } from "./source.ts";
import { sourceState, startPosition } from "./start-position.ts";

/**
 * The source's own transactions after `from` up to and with `to`, from its binlog: what a site that was lost had committed and not sent,
 * say. A large one comes in parts; one that was prepared before comes where it is committed, and is in `decisions` until then.
 * Throws "diverged" when the source does not have `from`.
 */
export async function* readTransactions(
  { decisions, ...options }: ReadOptions & { readonly decisions?: Decisions },
  from: string,
  to: string,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  await using connection = await Source.open(options.source, signal);
  const state = await sourceState(connection);
  const end = ofOrigin(parsePosition(to), state.origin);
  const origins = [state.origin];
  const start = startPosition(parsePosition(from), state, origins);
  if (includesPosition(start, end)) return;
  const reader = `read/${options.source.site}`;
  const prepared = decisions ?? decisionsAt(options);
  const { assembler, dump } = await openReading(options, connection, { start, origins, reader }, signal);
  await using reading = dump;
  const mayComplete = quickLook(start, end);
  let near = false;
  for (;;) {
    for (const event of await reading.take(signal)) {
      for (const piece of assembler.push(event)) {
        if (piece.last) near = near || mayComplete(piece.gtid);
        if (piece.xa === undefined) yield piece;
        else yield* prepared.take(piece, piece.xa, { before: assembler.position, sought: true }, signal);
        assembler.settle();
      }
      if (near && !assembler.open && includesPosition(assembler.position, end)) return;
    }
  }
}

/** Asked of each transaction after `start`: false while the position cannot include `end`, which takes long to find out exactly. */
function quickLook(start: GtidPosition, end: GtidPosition): (gtid: string) => boolean {
  if (end.form === "mysql") {
    let missing = transactionsIn(subtractPosition(end, start));
    return () => (missing -= 1) <= 0;
  }
  if (end.form === "empty") return () => true;
  const highest = Math.max(...[...end.domains.values()].map(({ sequence }) => Number(sequence)));
  return (gtid) => Number(gtid.slice(gtid.lastIndexOf("-") + 1)) >= highest;
}

function transactionsIn(position: GtidPosition): number {
  if (position.form !== "mysql") return 0;
  const intervals = [...position.set.values()].flat();
  return intervals.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
}
