import type { Clock } from "../core/clock.ts";
import {
  formatPosition,
  includesPosition,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
} from "../core/position.ts";
import { BinlogDump } from "./binlog/dump.ts";
import { TransactionAssembler, type Piece } from "./binlog/transactions.ts";
import { readCharsets } from "./charsets.ts";
import { readerId } from "./pump.ts";
import type { Selection } from "./selection/selection.ts";
import { Source, type SourceOptions } from "./source.ts";
import { sourceState, startPosition } from "./start-position.ts";

export interface ReadOptions {
  readonly source: SourceOptions;
  readonly databases: readonly string[];
  /** What of them travels; without it all. */
  readonly selection?: Selection;
  readonly clock: Clock;
}

const partBytes = 900_000;

/**
 * The source's own transactions after `from` up to and with `to`, from its binlog: what a site that was lost had committed and not sent,
 * say. A large one comes in parts. Throws "diverged" when the source does not have `from`.
 */
export async function* readTransactions(
  { source, databases, selection, clock }: ReadOptions,
  from: string,
  to: string,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  await using connection = await Source.open(source, signal);
  const state = await sourceState(connection);
  const end = ofOrigin(parsePosition(to), state.origin);
  const origins = [state.origin];
  const start = startPosition(parsePosition(from), state, origins);
  if (includesPosition(start, end)) return;
  const charsets = await readCharsets(connection);
  const assembler = new TransactionAssembler(
    {
      ...{ flavour: connection.version.flavour, databases, charsets, origins, partBytes },
      ...(selection !== undefined && { selection }),
    },
    start,
  );
  const serverId = readerId(`read/${source.site}`);
  await using dump = new BinlogDump({ source, from: formatPosition(start), serverId, clock }, signal);
  const mayComplete = quickLook(start, end);
  let near = false;
  for (;;) {
    for (const event of await dump.take(signal)) {
      for (const piece of assembler.push(event)) {
        if (piece.last) near = near || mayComplete(piece.gtid);
        yield piece;
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
