import { isDeepStrictEqual } from "node:util";
import type { Row } from "./record.ts";
import type { Source } from "./source.ts";
import { withoutHidden } from "./selection/cut-table.ts";
import { readColumns, type CopiedTable } from "./source-columns.ts";
import { cascadingParents, changesOf, type TableChanges } from "./verify-changes.ts";
import type { RepairOptions, TableToRepair } from "./repair-batch.ts";
import { repairKeyless, repairTable, type RepairedTable } from "./repair-table.ts";
import type { Stretch } from "./verify-look.ts";
import type { Sides } from "./verify-sides.ts";
import { looksAtMost, TableScan, type Scan } from "./verify-scan.ts";
import { keyText, summarize, type Difference, type Summary } from "./verify-rows.ts";
import { pairOf, type TablePair } from "./verify-shape.ts";

/** How one table differs. */
export interface TableDifference {
  /** `database.table`. */
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Rows that one side lacks or that are not equal. */
  readonly differing: number;
  /** Of these, how many are only at the source, and only at the target. */
  readonly missing: number;
  readonly surplus: number;
  /** The first keys that differ; or why rows cannot be compared. */
  readonly keys: readonly string[];
  /** Rows that were changed during each look, so that nothing is said of them. */
  readonly changing: number;
  /** Columns that have no common form on both servers. */
  readonly uncompared: readonly string[];
  /** Of a repair: what was done about them. */
  readonly repaired?: RepairedTable;
}

/** Rows that still differ. */
export function openRows({ differing, repaired }: TableDifference): number {
  return repaired === undefined ? differing : repaired.left + repaired.refused;
}

const keysTold = 20;
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
    const toScan = { sides: this.#sides, pair, label: this.#label, parents: this.#parents };
    const found = await new TableScan(toScan, this.#signal).run();
    const { sourceRows, targetRows, differing } = found;
    const kinds = kindsOf(differing);
    const keys = differing.slice(0, keysTold).map(({ key }) => keyText(pair.ours, key));
    const repaired = await this.#repair(pair, found);
    return {
      ...{ table: this.#label, sourceRows, targetRows, ...kinds, keys, uncompared: pair.uncompared },
      ...(repaired === undefined
        ? { changing: found.changing.length }
        : { changing: repaired.left, repaired }),
    };
  }

  async #repair(pair: TablePair, { differing, changing }: Scan): Promise<RepairedTable | undefined> {
    const { looks, repair } = this.#sides;
    if (repair === undefined) return undefined;
    const keys = [...differing.map(({ key }) => key), ...changing];
    // A link that stands still may do so because of one of the rows that it is about to change.
    if (!looks.follows) keys.push(...(await this.#waiting(pair)));
    if (keys.length === 0) return undefined;
    return await repairTable(this.#toRepair(pair, repair), keys, this.#signal);
  }

  /** Keys of what the source has changed since the target's position. */
  async #waiting(pair: TablePair): Promise<readonly Row[]> {
    const { between } = await this.#sides.looks.take(() => Promise.resolve());
    return (await this.#changes(pair.ours, between, "all")).keys;
  }

  #toRepair(pair: TablePair, options: RepairOptions): TableToRepair {
    return { sides: this.#sides, options, pair, parents: this.#parents };
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

  #changes({ schema }: CopiedTable, between: Stretch, wanted?: "all"): Promise<TableChanges> {
    const table = { schema, parents: this.#parents, ...(wanted !== undefined && { wanted }) };
    return changesOf(table, this.#sides.read, between, this.#signal);
  }

  /** Rows that cannot be told apart are compared all at once, as often as they change. */
  async #withoutKey(pair: TablePair): Promise<TableDifference> {
    for (let look = 1; ; look += 1) {
      const { ours, theirs, between } = await this.#sides.looks.take((server, side) =>
        summarize(server, side === "source" ? pair.ours : pair.theirs, {}),
      );
      await this.#sides.pace.rowsDone(look === 1 ? ours.rows : 0, this.#signal);
      const equal = isDeepStrictEqual(ours, theirs);
      const changing = !equal && (await this.#changes(pair.ours, between)).any;
      if (changing && look < looksAtMost) continue;
      const found = this.#keyless(pair, { ours, theirs, equal, changing });
      const { repair } = this.#sides;
      if (equal || repair === undefined) return found;
      const repaired = await repairKeyless(this.#toRepair(pair, repair), this.#signal);
      return { ...found, changing: repaired.left, repaired };
    }
  }

  #keyless({ uncompared }: TablePair, { ours, theirs, equal, changing }: Keyless): TableDifference {
    const counts = { sourceRows: ours.rows, targetRows: theirs.rows };
    const rest = { table: this.#label, ...counts, uncompared, changing: changing ? ours.rows : 0 };
    if (equal || changing) return { ...rest, differing: 0, missing: 0, surplus: 0, keys: [] };
    const more = ours.rows - theirs.rows;
    const kinds = { missing: Math.max(0, more), surplus: Math.max(0, -more) };
    return {
      ...rest,
      differing: Math.max(1, Math.abs(more)),
      ...kinds,
      keys: ["no key: which rows differ is not known"],
    };
  }

  async #otherShape({ ours, theirs, changing = false }: Shapes): Promise<TableDifference> {
    const count = async (server: Source, table: CopiedTable | undefined): Promise<number> =>
      table === undefined ? 0 : (await summarize(server, { ...table, compared: table.columns }, {})).rows;
    const sourceRows = await count(this.#sides.source, ours);
    const targetRows = await count(this.#sides.target, theirs);
    const rows = Math.max(sourceRows, targetRows, 1);
    const rest = { table: this.#label, sourceRows, targetRows, uncompared: [] };
    if (changing) {
      const kinds = { differing: 0, missing: 0, surplus: 0 };
      return { ...rest, ...kinds, changing: rows, keys: ["the table is being changed"] };
    }
    const kinds = {
      missing: theirs === undefined ? sourceRows : 0,
      surplus: ours === undefined ? targetRows : 0,
    };
    return { ...rest, ...kinds, differing: rows, changing: 0, keys: [problemOf(ours, theirs)] };
  }
}

interface Shapes {
  readonly pair: TablePair | undefined;
  readonly ours?: CopiedTable | undefined;
  readonly theirs?: CopiedTable | undefined;
  readonly changing?: boolean;
}

interface Keyless {
  readonly ours: Summary;
  readonly theirs: Summary;
  readonly equal: boolean;
  readonly changing: boolean;
}

function kindsOf(
  differing: readonly Difference[],
): Pick<TableDifference, "differing" | "missing" | "surplus"> {
  const count = (kind: Difference["kind"]): number =>
    differing.filter((difference) => difference.kind === kind).length;
  return { differing: differing.length, missing: count("missing"), surplus: count("surplus") };
}

function problemOf(ours: CopiedTable | undefined, theirs: CopiedTable | undefined): string {
  if (ours === undefined) return theirs === undefined ? "on neither side" : "only at the target";
  return theirs === undefined ? "only at the source" : "other columns";
}
