import { isDeepStrictEqual } from "node:util";
import type { ReadOptions } from "./read-transactions.ts";
import type { Row } from "./record.ts";
import type { Source } from "./source.ts";
import { withoutHidden } from "./selection/cut-table.ts";
import type { Selection } from "./selection/selection.ts";
import { readColumns, type CopiedTable } from "./source-columns.ts";
import { cascadingParents, changesOf, type TableChanges } from "./verify-changes.ts";
import type { Looks, Stretch } from "./verify-look.ts";
import {
  differingKeys,
  endOfChunk,
  keyText,
  readHashes,
  summarize,
  type KeyRange,
  type Summary,
} from "./verify-rows.ts";
import { pairOf, type TablePair } from "./verify-shape.ts";

/** How one table differs. */
export interface TableDifference {
  /** `database.table`. */
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Rows that one side lacks or that are not equal. */
  readonly differing: number;
  /** The first keys that differ; or why rows cannot be compared. */
  readonly keys: readonly string[];
  /** Rows that were changed during each look, so that nothing is said of them. */
  readonly changing: number;
  /** Columns that have no common form on both servers. */
  readonly uncompared: readonly string[];
}

export interface Sides {
  readonly source: Source;
  readonly target: Source;
  readonly looks: Looks;
  readonly read: ReadOptions;
  readonly selection: Selection;
}

const keysTold = 20;
/** Rows under steady change are looked at this often: each time some are left alone for long enough. */
const looksAtMost = 30;
/** Differences are confirmed in groups, so that a table of which nothing is equal is compared in bounded memory, but for its keys. */
const suspectsHeld = 4_000;

/** Compares one table. A row counts as differing only when no transaction between what was seen of both sides has touched it. */
export class TableComparison {
  readonly #sides: Sides;
  readonly #database: string;
  readonly #name: string;
  readonly #signal: AbortSignal;
  #parents: ReadonlySet<string> = new Set();

  constructor(sides: Sides, [database, name]: readonly [string, string], signal: AbortSignal) {
    this.#sides = sides;
    this.#database = database;
    this.#name = name;
    this.#signal = signal;
  }

  async run(): Promise<TableDifference> {
    const shapes = await this.#shapes();
    const { pair } = shapes;
    if (pair === undefined) return this.#otherShape(shapes);
    this.#parents = await cascadingParents(this.#sides.source, pair.ours.schema);
    if (pair.ours.schema.primaryKey.length === 0) return this.#withoutKey(pair);
    const { sourceRows, targetRows, differing, changing } = await this.#scan(pair);
    const keys = differing.slice(0, keysTold).map((key) => keyText(pair.ours, key));
    const { uncompared } = pair;
    const counts = { sourceRows, targetRows, differing: differing.length };
    return { table: this.#label, ...counts, keys, changing, uncompared };
  }

  /** Of these keys those of which the rows differ, and how many were changing at every look. */
  async #confirm(
    pair: TablePair,
    suspects: readonly Row[],
  ): Promise<{ differing: readonly Row[]; changing: number }> {
    const differing: Row[] = [];
    let left = suspects;
    for (let look = 0; look < looksAtMost && left.length > 0; look += 1) {
      const { ours, theirs, between } = await this.#sides.looks.take((server, side) =>
        readHashes(server, side === "source" ? pair.ours : pair.theirs, { keys: left }),
      );
      const unequal = differingKeys(ours, theirs);
      if (unequal.length === 0) return { differing, changing: 0 };
      const changes = await this.#changes(pair.ours, between);
      differing.push(...unequal.filter((key) => !changes.has(key)));
      left = unequal.filter((key) => changes.has(key));
    }
    return { differing, changing: left.length };
  }

  get #label(): string {
    return `${this.#database}.${this.#name}`;
  }

  /** A change of the schema that is on its way is waited for. */
  async #shapes(): Promise<Shapes> {
    for (let look = 1; ; look += 1) {
      const read = (server: Source, side: "source" | "target") => this.#read(server, side);
      const { ours, theirs, between } = await this.#sides.looks.take(read);
      const pair = ours && theirs && pairOf(this.#sides, ours, theirs);
      if (pair !== undefined) return { pair };
      const changing = await this.#schemaChanges(ours ?? theirs, between);
      if (!changing || look === looksAtMost) return { pair, ours, theirs, changing };
    }
  }

  async #read(server: Source, side: "source" | "target"): Promise<CopiedTable | undefined> {
    const { selection } = this.#sides;
    if (side === "target") return readColumns(server, selection.nameAtTarget(this.#database), this.#name);
    const whole = await readColumns(server, this.#database, this.#name);
    return whole && withoutHidden(whole, selection);
  }

  async #schemaChanges(table: CopiedTable | undefined, between: Stretch): Promise<boolean> {
    return table !== undefined && (await this.#changes(table, between)).schema;
  }

  #changes({ schema }: CopiedTable, between: Stretch): Promise<TableChanges> {
    return changesOf({ schema, parents: this.#parents }, this.#sides.read, between, this.#signal);
  }

  async #scan(pair: TablePair): Promise<Scan> {
    const { source, target } = this.#sides;
    const found = { sourceRows: 0, targetRows: 0, differing: [] as Row[], changing: 0 };
    let suspects: Row[] = [];
    let range: KeyRange = {};
    do {
      this.#signal.throwIfAborted();
      range = { after: range.upTo, upTo: await endOfChunk(source, pair.ours, range.upTo) };
      const [ours, theirs] = await Promise.all([
        summarize(source, pair.ours, range),
        summarize(target, pair.theirs, range),
      ]);
      found.sourceRows += ours.rows;
      found.targetRows += theirs.rows;
      if (!isDeepStrictEqual(ours, theirs)) {
        const hashes = [
          readHashes(source, pair.ours, { range }),
          readHashes(target, pair.theirs, { range }),
        ] as const;
        const [ourRows, theirRows] = await Promise.all(hashes);
        suspects.push(...differingKeys(ourRows, theirRows));
      }
      if (suspects.length < suspectsHeld && range.upTo !== undefined) continue;
      const confirmed = await this.#confirm(pair, suspects);
      found.differing.push(...confirmed.differing);
      found.changing += confirmed.changing;
      suspects = [];
    } while (range.upTo !== undefined);
    return found;
  }

  /** Rows that cannot be told apart are compared all at once, as often as they change. */
  async #withoutKey(pair: TablePair): Promise<TableDifference> {
    for (let look = 1; ; look += 1) {
      const { ours, theirs, between } = await this.#sides.looks.take((server, side) =>
        summarize(server, side === "source" ? pair.ours : pair.theirs, {}),
      );
      const equal = isDeepStrictEqual(ours, theirs);
      const changing = !equal && (await this.#changes(pair.ours, between)).any;
      if (changing && look < looksAtMost) continue;
      return this.#keyless(pair, { ours, theirs, equal, changing });
    }
  }

  #keyless({ uncompared }: TablePair, { ours, theirs, equal, changing }: Keyless): TableDifference {
    const counts = { sourceRows: ours.rows, targetRows: theirs.rows };
    const rest = { table: this.#label, ...counts, uncompared, changing: changing ? ours.rows : 0 };
    if (equal || changing) return { ...rest, differing: 0, keys: [] };
    const differing = Math.max(1, Math.abs(ours.rows - theirs.rows));
    return { ...rest, differing, keys: ["no key: which rows differ is not known"] };
  }

  async #otherShape({ ours, theirs, changing = false }: Shapes): Promise<TableDifference> {
    const count = async (server: Source, table: CopiedTable | undefined): Promise<number> =>
      table === undefined ? 0 : (await summarize(server, { ...table, compared: table.columns }, {})).rows;
    const sourceRows = await count(this.#sides.source, ours);
    const targetRows = await count(this.#sides.target, theirs);
    const rows = Math.max(sourceRows, targetRows, 1);
    const rest = { table: this.#label, sourceRows, targetRows, uncompared: [] };
    if (changing) return { ...rest, differing: 0, changing: rows, keys: ["the table is being changed"] };
    return { ...rest, differing: rows, changing: 0, keys: [problemOf(ours, theirs)] };
  }
}

interface Shapes {
  readonly pair: TablePair | undefined;
  readonly ours?: CopiedTable | undefined;
  readonly theirs?: CopiedTable | undefined;
  readonly changing?: boolean;
}

interface Scan {
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly differing: readonly Row[];
  readonly changing: number;
}

interface Keyless {
  readonly ours: Summary;
  readonly theirs: Summary;
  readonly equal: boolean;
  readonly changing: boolean;
}

function problemOf(ours: CopiedTable | undefined, theirs: CopiedTable | undefined): string {
  if (ours === undefined) return theirs === undefined ? "on neither side" : "only at the target";
  return theirs === undefined ? "only at the source" : "other columns";
}
