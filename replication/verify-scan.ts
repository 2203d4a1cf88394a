import { isDeepStrictEqual } from "node:util";
import type { Row } from "./record.ts";
import { changesOf } from "./verify-changes.ts";
import type { TablePart } from "./verify-memory.ts";
import {
  differences,
  endOfChunk,
  readHashes,
  summarize,
  type Difference,
  type KeyRange,
} from "./verify-rows.ts";
import type { TablePair } from "./verify-shape.ts";
import type { Sides } from "./verify-sides.ts";

/** What a table with a key was found to be. */
export interface Scan {
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly differing: readonly Difference[];
  /** Keys of rows that were changed during each look. */
  readonly changing: readonly Row[];
}

/** Rows under steady change are looked at this often: each time some are left alone for long enough. */
export const looksAtMost = 30;
/** Differences are confirmed in groups, so that a table of which nothing is equal is compared in bounded memory, but for its keys. */
const suspectsHeld = 4_000;

export interface TableToScan {
  readonly sides: Sides;
  readonly pair: TablePair;
  /** `database.table`. */
  readonly label: string;
  /** See `cascadingParents`. */
  readonly parents: ReadonlySet<string>;
}

/** Compares a table chunk by chunk, and confirms what seems to differ. */
export class TableScan {
  readonly #table: TableToScan;
  readonly #signal: AbortSignal;
  readonly #found = {
    ...{ sourceRows: 0, targetRows: 0 },
    ...{ differing: [] as Difference[], changing: [] as Row[] },
  };
  #suspects: Row[] = [];

  constructor(table: TableToScan, signal: AbortSignal) {
    this.#table = table;
    this.#signal = signal;
  }

  async run(): Promise<Scan> {
    const { sides, pair, label } = this.#table;
    let range: KeyRange = this.#begin();
    do {
      this.#signal.throwIfAborted();
      range = { after: range.upTo, upTo: await endOfChunk(sides.source, pair.ours, range.upTo) };
      await sides.pace.rowsDone(await this.#chunk(range), this.#signal);
      const { upTo } = range;
      if (upTo !== undefined) await sides.memory?.partDone(label, () => this.#part(upTo));
      if (this.#suspects.length >= suspectsHeld || upTo === undefined) await this.#confirmAll();
    } while (range.upTo !== undefined);
    return this.#found;
  }

  /** Where an earlier run was broken off. What seemed to differ then is looked at again. */
  #begin(): KeyRange {
    const { sides, pair, label } = this.#table;
    const kept = sides.memory?.begun(label);
    if (kept?.after.length !== pair.ours.schema.primaryKey.length) return {};
    this.#found.sourceRows = kept.sourceRows;
    this.#found.targetRows = kept.targetRows;
    this.#suspects = [...kept.suspects];
    sides.pace.rowsKnown(kept.sourceRows);
    return { upTo: kept.after };
  }

  #part(after: Row): TablePart {
    const { sourceRows, targetRows, differing, changing } = this.#found;
    const suspects = [...differing.map(({ key }) => key), ...changing, ...this.#suspects];
    return { after, sourceRows, targetRows, suspects };
  }

  /** Gives how many rows of the source it has. */
  async #chunk(range: KeyRange): Promise<number> {
    const { sides, pair } = this.#table;
    const { source, target } = sides;
    const [ours, theirs] = await Promise.all([
      summarize(source, pair.ours, range),
      summarize(target, pair.theirs, range),
    ]);
    this.#found.sourceRows += ours.rows;
    this.#found.targetRows += theirs.rows;
    if (isDeepStrictEqual(ours, theirs)) return ours.rows;
    const [ourRows, theirRows] = await Promise.all([
      readHashes(source, pair.ours, { range }),
      readHashes(target, pair.theirs, { range }),
    ]);
    this.#suspects.push(...differences(ourRows, theirRows).map(({ key }) => key));
    return ours.rows;
  }

  async #confirmAll(): Promise<void> {
    let left: readonly Row[] = this.#suspects;
    this.#suspects = [];
    for (let look = 0; look < looksAtMost && left.length > 0; look += 1) {
      left = await this.#confirm(left);
      // What stands still shows the same at the next look.
      if (!this.#table.sides.looks.follows) break;
    }
    this.#found.changing.push(...left);
  }

  /** Gives the keys of which nothing can be said. */
  async #confirm(keys: readonly Row[]): Promise<readonly Row[]> {
    const { sides, pair, parents } = this.#table;
    const { ours, theirs, between } = await sides.looks.take((server, side) =>
      readHashes(server, side === "source" ? pair.ours : pair.theirs, { keys }),
    );
    const unequal = differences(ours, theirs);
    if (unequal.length === 0) return [];
    const table = { schema: pair.ours.schema, parents };
    const changes = await changesOf(table, sides.read, between, this.#signal);
    this.#found.differing.push(...unequal.filter(({ key }) => !changes.has(key)));
    return unequal.flatMap(({ key }) => (changes.has(key) ? [key] : []));
  }
}
