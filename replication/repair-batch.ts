import { failpoint } from "./failpoint.ts";
import { holdStream } from "./repair-hold.ts";
import { recordRepaired, type RepairedRow, type RepairRun } from "./repaired.ts";
import { atTarget, deleteRows, insertRows, type RefusedRow } from "./repair-write.ts";
import type { Row } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import { Target, type TargetOptions } from "./target.ts";
import { TargetTables } from "./target-tables.ts";
import { keyIdentity } from "./touched-keys.ts";
import { changesOf, type RowBefore, type TableChanges } from "./verify-changes.ts";
import { keyText, readHashes, readRows, type RowHash } from "./verify-rows.ts";
import type { TablePair } from "./verify-shape.ts";
import type { Sides } from "./verify-sides.ts";

export interface RepairOptions extends RepairRun {
  /** As the user who applies the stream. */
  readonly target: TargetOptions;
  /** See `VerifyOptions`. */
  readonly stream?: string;
}

export interface TableToRepair {
  readonly sides: Sides;
  readonly options: RepairOptions;
  readonly pair: TablePair;
  /** See `cascadingParents`. */
  readonly parents: ReadonlySet<string>;
}

/** What became of a batch. When a row was refused, nothing of it was written. */
export interface BatchOutcome {
  /** Of which it is not known how the source had them at the target's position. */
  readonly unknown: readonly Row[];
  /** Another row of the target has a value that has to be unique. */
  readonly blocked: readonly Row[];
  /** The target does not take them, or does not keep them as they are. */
  readonly refused: readonly Row[];
}

/** One row: what the target has, and what it is to have. */
interface Step {
  readonly key: Row;
  readonly theirs: RowHash | undefined;
  readonly ours: RowHash | undefined;
  /** Of a row that was changed since: as it was. Then `ours` is newer. */
  readonly past: RowBefore | undefined;
}

interface Plan {
  readonly steps: readonly Step[];
  readonly unknown: readonly Row[];
}

const duplicate = 1062;

/**
 * Makes rows of one table at the target what the source had at exactly the target's position, in one transaction that holds the stream
 * meanwhile. A snapshot of the source that the target has just passed tells the rows, and the binlog what the few that were changed since
 * had been before.
 */
export class RepairBatch {
  readonly #table: TableToRepair;
  readonly #signal: AbortSignal;

  constructor(table: TableToRepair, signal: AbortSignal) {
    this.#table = table;
    this.#signal = signal;
  }

  /** Throws a retryable error when the stream did not let go in time, or a connection was lost: nothing was written then. */
  async run(keys: readonly Row[]): Promise<BatchOutcome> {
    const { pair, parents, options, sides } = this.#table;
    const { looks, source, read } = sides;
    const bounds = await looks.begin();
    const ours = await readHashes(source, pair.ours, { keys });
    await looks.reached(bounds);
    await using target = await Target.open(options.target, this.#signal);
    const position = await holdStream(target, options.stream);
    const theirs = await readHashes(target, pair.theirs, { keys });
    const wanted = keysOf(keys, ours, theirs);
    const table = { schema: pair.ours.schema, parents, wanted };
    const between = await looks.between(bounds, position);
    const changes = await changesOf(table, read, between, this.#signal);
    const { steps, unknown } = planOf(wanted, { ours, theirs }, changes);
    if (steps.length === 0) return { unknown, blocked: [], refused: [] };
    const bad = await this.#write(target, steps);
    return { unknown, ...bad };
  }

  async #write(target: Target, steps: readonly Step[]): Promise<Pick<BatchOutcome, "blocked" | "refused">> {
    const tables = new TargetTables(target);
    const { ours, theirs } = this.#table.pair;
    const there = keysIn(steps.map((step) => step.theirs));
    await deleteRows(target, await tables.of(atTarget(ours.schema, theirs.schema)), there);
    const refused = [
      ...(await this.#insertFromSnapshot(target, tables, steps)),
      ...(await this.#insertFromPast(target, tables, steps)),
    ];
    if (refused.length > 0) return sorted(refused, ours.schema.primaryKey);
    const after = await readHashes(target, theirs, { keys: steps.map(({ key }) => key) });
    const unlike = unlikeSource(steps, after);
    if (unlike.length > 0) return { blocked: [], refused: unlike };
    await recordRepaired(target, this.#table.options, theirs, repairedRows(theirs, steps, after));
    failpoint("before-repair-commit");
    await target.run("COMMIT");
    failpoint("after-repair-commit");
    return { blocked: [], refused: [] };
  }

  async #insertFromSnapshot(
    target: Target,
    tables: TargetTables,
    steps: readonly Step[],
  ): Promise<readonly RefusedRow[]> {
    const { ours, theirs } = this.#table.pair;
    const keys = keysIn(steps.map((step) => (step.past === undefined ? step.ours : undefined)));
    const table = await tables.of(atTarget(ours.schema, theirs.schema));
    const refused: RefusedRow[] = [];
    for await (const rows of readRows(this.#table.sides.source, ours, keys))
      refused.push(...(await insertRows(target, table, rows)));
    return refused;
  }

  async #insertFromPast(
    target: Target,
    tables: TargetTables,
    steps: readonly Step[],
  ): Promise<readonly RefusedRow[]> {
    const refused: RefusedRow[] = [];
    for (const { past } of steps) {
      if (past?.row === undefined) continue;
      const table = await tables.of(atTarget(past.schema, this.#table.pair.theirs.schema));
      refused.push(...(await insertRows(target, table, [past.row])));
    }
    return refused;
  }
}

function keysIn(rows: readonly (RowHash | undefined)[]): readonly Row[] {
  return rows.filter((row) => row !== undefined).map(({ key }) => key);
}

/** Each key once, those too that only a comparison of the server's takes for one of them. */
function keysOf(keys: readonly Row[], ...found: readonly (readonly RowHash[])[]): readonly Row[] {
  const all = [...keys, ...found.flat().map(({ key }) => key)];
  return [...new Map(all.map((key) => [keyIdentity(key), key])).values()];
}

function planOf(
  keys: readonly Row[],
  sides: { readonly ours: readonly RowHash[]; readonly theirs: readonly RowHash[] },
  changes: TableChanges,
): Plan {
  const [ours, theirs] = [byKey(sides.ours), byKey(sides.theirs)];
  const steps: Step[] = [];
  const unknown: Row[] = [];
  for (const key of keys) {
    const text = keyIdentity(key);
    const step = { key, ours: ours.get(text), theirs: theirs.get(text), past: changes.before(key) };
    if (step.past !== undefined) steps.push(step);
    else if (changes.has(key)) unknown.push(key);
    else if (step.ours?.hash !== step.theirs?.hash) steps.push(step);
  }
  return { steps, unknown };
}

function byKey(rows: readonly RowHash[]): ReadonlyMap<string, RowHash> {
  return new Map(rows.map((row) => [keyIdentity(row.key), row]));
}

function unlikeSource(steps: readonly Step[], after: readonly RowHash[]): readonly Row[] {
  const found = byKey(after);
  return steps.flatMap(({ key, ours, past }) =>
    past === undefined && found.get(keyIdentity(key))?.hash !== ours?.hash ? [key] : [],
  );
}

/** Rows that were written again as they were are not among them. */
function repairedRows(
  table: CopiedTable,
  steps: readonly Step[],
  after: readonly RowHash[],
): readonly RepairedRow[] {
  const found = byKey(after);
  return steps.flatMap(({ key, theirs }) => {
    const [before, now] = [theirs?.hash, found.get(keyIdentity(key))?.hash];
    return before === now ? [] : [{ key: keyText(table, key), before, after: now }];
  });
}

function sorted(
  rows: readonly RefusedRow[],
  places: readonly number[],
): Pick<BatchOutcome, "blocked" | "refused"> {
  const keysWith = (isDuplicate: boolean): readonly Row[] =>
    rows
      .filter(({ number }) => (number === duplicate) === isDuplicate)
      .map(({ row }) => places.map((place) => row[place] ?? null));
  return { blocked: keysWith(true), refused: keysWith(false) };
}
