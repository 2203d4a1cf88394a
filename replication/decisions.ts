import type { GtidPosition } from "../core/position.ts";
import type { PreparedByXa } from "../core/protection.ts";
import { listsOf, packedRows } from "./binlog/packed-rows.ts";
import type { SourceChange } from "./binlog/open-rows.ts";
import type { Piece } from "./binlog/transactions.ts";
import type { XaStep } from "./binlog/xa.ts";
import { domainBefore, findPrepared, placed, preparedRows } from "./prepared-source.ts";
import type { ReadOptions } from "./read-pieces.ts";
import type { PreparedTransaction } from "./record.ts";

/** What is held of the rows of one prepared transaction, and of all. Others are read again. */
const mostHeld = { one: 4 * 2 ** 20, all: 16 * 2 ** 20 };

interface Held {
  readonly pieces: readonly Piece[];
  readonly bytes: number;
}

/**
 * Puts the rows of transactions in two phases where they are committed: what was prepared comes without its rows, and the decision with them.
 * Until then the locks of the source keep everybody else from these rows, so there they are what they were.
 */
export class Decisions {
  readonly #options: ReadOptions;
  readonly #reader: string;
  readonly #undecided: Map<string, PreparedTransaction>;
  readonly #held = new Map<string, Held>();
  #heldBytes = 0;
  #gathered: Piece[] = [];
  #gatheredBytes = 0;

  /** `reader`: of this name one reads at a time. `undecided`: what was prepared before. */
  constructor(options: ReadOptions, reader: string, undecided: readonly PreparedTransaction[] = []) {
    this.#options = options;
    this.#reader = reader;
    this.#undecided = new Map(undecided.map((prepared) => [prepared.xid, prepared]));
  }

  /** Prepared, and neither committed nor rolled back. */
  get undecided(): readonly PreparedTransaction[] {
    return [...this.#undecided.values()];
  }

  knows(xid: string): boolean {
    return this.#undecided.has(xid);
  }

  /**
   * What comes in the place of a piece in two phases. `before`: the position before its transaction. `sought`: what was prepared before
   * anything that is known here is looked for; without that, nobody needs it. A decision on what the source's binlog does not have comes as it is.
   */
  async *take(
    piece: Piece,
    xa: XaStep,
    { before, sought }: { before: GtidPosition; sought: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<Piece> {
    if (xa.kind === "rows") {
      this.#gather(piece);
      return;
    }
    if (xa.kind === "prepare") {
      this.#gather(piece);
      this.#prepare(xa.xid, piece, before);
      yield without(piece);
    } else if (xa.kind === "rollback") {
      this.#forget(xa.xid);
      yield without(piece);
    } else if (xa.kind === "one-phase") yield* this.#onePhase(piece, before, signal);
    else if (sought || this.knows(xa.xid)) yield* this.#commit(piece, xa.xid, signal);
    else yield without(piece);
  }

  #gather(piece: Piece): void {
    this.#gatheredBytes += piece.bytes;
    if (this.#gatheredBytes <= mostHeld.one) this.#gathered.push(piece);
    else this.#gathered = [];
  }

  /** What was gathered, unless it is too much. */
  #takeGathered(): Held | undefined {
    const [pieces, bytes] = [this.#gathered, this.#gatheredBytes];
    [this.#gathered, this.#gatheredBytes] = [[], 0];
    return bytes > mostHeld.one ? undefined : { pieces, bytes };
  }

  #prepare(xid: string, { gtid, commitMs: preparedMs }: Piece, before: GtidPosition): void {
    this.#forget(xid);
    this.#undecided.set(xid, { xid, gtid, preparedMs, after: domainBefore(before, gtid) });
    const held = this.#takeGathered();
    if (held === undefined || this.#heldBytes + held.bytes > mostHeld.all) return;
    this.#held.set(xid, { pieces: held.pieces.map(detached), bytes: held.bytes });
    this.#heldBytes += held.bytes;
  }

  #forget(xid: string): void {
    this.#heldBytes -= this.#held.get(xid)?.bytes ?? 0;
    this.#held.delete(xid);
    this.#undecided.delete(xid);
  }

  /** The rows of what is undecided. */
  async *rowsOf(xid: string, signal: AbortSignal): AsyncGenerator<Piece> {
    const known = this.#undecided.get(xid);
    if (known !== undefined) yield* this.#held.get(xid)?.pieces ?? this.#again(known, signal);
  }

  async *#onePhase(piece: Piece, before: GtidPosition, signal: AbortSignal): AsyncGenerator<Piece> {
    this.#gather(piece);
    const { gtid, commitMs: preparedMs } = piece;
    const rows = this.#takeGathered()?.pieces;
    const again = { xid: "", gtid, preparedMs, after: domainBefore(before, gtid) };
    yield* as(piece, rows ?? this.#again(again, signal));
  }

  async *#commit(piece: Piece, xid: string, signal: AbortSignal): AsyncGenerator<Piece> {
    const known = this.#undecided.get(xid);
    const rows = this.#held.get(xid)?.pieces;
    const prepared = known ?? (await this.#find(xid, piece.gtid, signal));
    if (prepared === undefined) yield piece;
    else if (prepared === "decided") yield without(piece);
    else {
      for await (const part of as(piece, rows ?? this.#again(prepared, signal))) {
        if (part.last) this.#forget(xid);
        yield part;
      }
    }
  }

  #again(prepared: PreparedTransaction, signal: AbortSignal): AsyncGenerator<Piece> {
    return preparedRows(this.#options, this.#reader, prepared, signal);
  }

  #find(
    xid: string,
    gtid: string,
    signal: AbortSignal,
  ): Promise<PreparedTransaction | "decided" | undefined> {
    return findPrepared(this.#options, this.#reader, { xid, gtid }, signal);
  }
}

/** For those who read what a source has committed; `undecided`: what a link knows of before. */
export function decisionsAt(options: ReadOptions, undecided: readonly PreparedByXa[] = []): Decisions {
  return new Decisions(options, `read/${options.source.site}/prepared`, undecided.map(placed));
}

/** The rows as those of another transaction. */
async function* as(
  { gtid, commitMs }: Piece,
  rows: Iterable<Piece> | AsyncIterable<Piece>,
): AsyncGenerator<Piece> {
  let part = 0;
  let waiting: Piece | undefined;
  for await (const { changes, bytes } of rows) {
    if (waiting !== undefined) yield waiting;
    part += 1;
    waiting = { gtid, commitMs, part, last: false, changes, bytes };
  }
  yield { ...(waiting ?? { gtid, commitMs, part: 1, changes: [], bytes: 0 }), last: true };
}

function without({ gtid, commitMs }: Piece): Piece {
  return { gtid, commitMs, part: 1, last: true, changes: [], bytes: 0 };
}

/** Rows refer to the network's buffers, which are larger: what is held for long has bytes of its own. */
function detached(piece: Piece): Piece {
  return { ...piece, changes: piece.changes.map(detachedChange) };
}

function detachedChange(change: SourceChange): SourceChange {
  const packed = change.kind === "statement" ? undefined : packedRows(change);
  if (change.kind === "statement" || packed === undefined) return change;
  const { kind, table, checks } = change;
  const chunks = packed.chunks.map((bytes) => Buffer.from(bytes));
  return { kind, table, checks, ...listsOf(kind, { table: packed.table, chunks }) };
}
