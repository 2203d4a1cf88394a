import { repairParts, type PartsOutcome } from "./repair-keyless.ts";
import { RepairBatch, type BatchOutcome, type TableToRepair } from "./repair-batch.ts";
import { repairRows } from "./repair.ts";
import { waitFor } from "../core/wait.ts";
import { readRepaired, type RepairCounts } from "./repaired.ts";
import type { Row } from "./record.ts";
import { Target } from "./target.ts";
import { differingParts, summarizeParts } from "./verify-keyless.ts";
import { keyText } from "./verify-rows.ts";
import type { Sides } from "./verify-sides.ts";

/** What a repair did to a table. */
export interface RepairedTable extends RepairCounts {
  /** Rows that were changed each time; of a table without a key, parts of it. The same command again repairs them. */
  readonly left: number;
  /** Rows that the target does not take, or does not keep as they are; and the first of their keys. */
  readonly refused: number;
  readonly refusedKeys: readonly string[];
}

const keysTold = 20;
/** Parts of a table without a key that are repaired in one transaction. */
const partsAtOnce = 64;
const attempts = 30;

/** Makes the rows of these keys equal. */
export async function repairTable(
  table: TableToRepair,
  keys: readonly Row[],
  signal: AbortSignal,
): Promise<RepairedTable> {
  const { sides, pair } = table;
  const write = (some: readonly Row[]): Promise<BatchOutcome> =>
    patiently(sides, () => new RepairBatch(table, signal).run(some), signal);
  const { changing, refused } = await repairRows(write, keys);
  const refusedKeys = refused.slice(0, keysTold).map((key) => keyText(pair.theirs, key));
  return { ...(await counts(table, signal)), left: changing.length, refused: refused.length, refusedKeys };
}

/** Makes a table without a key equal. */
export async function repairKeyless(table: TableToRepair, signal: AbortSignal): Promise<RepairedTable> {
  const { pair, sides } = table;
  const { ours, theirs } = await sides.looks.take((server, side) =>
    summarizeParts(server, side === "source" ? pair.ours : pair.theirs),
  );
  const parts = differingParts(ours, theirs);
  let [left, refused] = [0, 0];
  for (let from = 0; from < parts.length; from += partsAtOnce) {
    const some = parts.slice(from, from + partsAtOnce);
    const outcome = await untilQuiet(table, some, signal);
    if (outcome === "changing") left += some.length;
    if (outcome === "refused") refused += some.length;
  }
  return { ...(await counts(table, signal)), left, refused, refusedKeys: [] };
}

async function untilQuiet(
  table: TableToRepair,
  parts: readonly string[],
  signal: AbortSignal,
): Promise<PartsOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await patiently(table.sides, () => repairParts(table, parts, signal), signal);
    if (outcome !== "changing" || attempt === attempts) return outcome;
  }
}

/** Waits for whatever passes by itself: a large transaction of the stream that is being applied, say. */
function patiently<T>({ read: { clock } }: Sides, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return waitFor(
    work,
    { timeoutMs: 15 * 60_000, intervalMs: 100, clock, what: "the stream to let go" },
    signal,
  );
}

async function counts({ options, pair }: TableToRepair, signal: AbortSignal): Promise<RepairCounts> {
  await using target = await Target.ask(options.target, signal);
  return await readRepaired(target, options, pair.theirs);
}
