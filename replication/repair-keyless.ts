import type { TableToRepair } from "./repair-batch.ts";
import { holdStream } from "./repair-hold.ts";
import { atTarget, insertRows } from "./repair-write.ts";
import { recordRepaired, type RepairedRow } from "./repaired.ts";
import { Target } from "./target.ts";
import { TargetTables } from "./target-tables.ts";
import { changesOf } from "./verify-changes.ts";
import { countRows, type RowCounts } from "./verify-keyless.ts";
import { nameOf, pieces, readRowsLike, whereHash } from "./verify-rows.ts";
import type { TablePair } from "./verify-shape.ts";
import type { Sides } from "./verify-sides.ts";

/** What became of some parts of a table without a key; when it is not "written", nothing was. */
export type PartsOutcome = "written" | "changing" | "refused";

/**
 * Makes parts of a table without a key equal: of each row that one side has more often all copies are taken away, and put there as often as
 * the source has them. In one transaction that holds the stream, and only when nothing has changed the table in between.
 */
export async function repairParts(
  { sides, options, pair, parents }: TableToRepair,
  parts: readonly string[],
  signal: AbortSignal,
): Promise<PartsOutcome> {
  const bounds = await sides.looks.begin();
  const ours = await countRows(sides.source, pair.ours, parts);
  await sides.looks.reached(bounds);
  await using target = await Target.open(options.target, signal);
  const between = await sides.looks.between(bounds, await holdStream(target, options.stream));
  const changes = await changesOf({ schema: pair.ours.schema, parents }, sides.read, between, signal);
  if (changes.any) return "changing";
  const theirs = await countRows(target, pair.theirs, parts);
  const hashes = differing(ours, theirs);
  for (const some of pieces(hashes)) if (!(await replace(sides, target, pair, some))) return "refused";
  const after = await countRows(target, pair.theirs, parts);
  if (differing(ours, after).length > 0) return "refused";
  await recordRepaired(target, options, pair.theirs, repairedRows(hashes, ours, theirs));
  await target.run("COMMIT");
  return "written";
}

/** False: the target does not take them. */
async function replace(
  { source }: Sides,
  target: Target,
  { ours, theirs }: TablePair,
  hashes: readonly string[],
): Promise<boolean> {
  await target.run(`DELETE FROM ${nameOf(theirs)}${whereHash(theirs, hashes)}`);
  const table = await new TargetTables(target).of(atTarget(ours.schema, theirs.schema));
  for await (const rows of readRowsLike(source, ours, hashes))
    if ((await insertRows(target, table, rows)).length > 0) return false;
  return true;
}

function differing(ours: RowCounts, theirs: RowCounts): readonly string[] {
  const all = new Set([...ours.keys(), ...theirs.keys()]);
  return [...all].filter((hash) => ours.get(hash) !== theirs.get(hash));
}

function repairedRows(hashes: readonly string[], ours: RowCounts, theirs: RowCounts): readonly RepairedRow[] {
  return hashes.map((hash) => {
    const [wanted = 0, had = 0] = [ours.get(hash), theirs.get(hash)];
    const digest = (count: number): string | undefined => (count === 0 ? undefined : hash);
    return { key: `no key: ${wanted} copies instead of ${had}`, before: digest(had), after: digest(wanted) };
  });
}
