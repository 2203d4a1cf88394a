import type { BenchContext } from "./context.ts";
import { dump } from "./dump.ts";
import { mediansOf, timesFaster } from "./figures.ts";
import { ours } from "./ours.ts";
import type { Result } from "./result.ts";
import { rounds } from "./rounds.ts";
import { inserts, preloadedRows } from "./work.ts";

const rows = 300_000;

/** The first copy of a database that is there already. */
export async function firstCopy(context: BenchContext): Promise<Result> {
  const work = { ...inserts("copy", 0), preloaded: preloadedRows(rows), rows };
  const contenders = [dump, ours(context.programs, { begin: "copy" })];
  const measured = await rounds(context, work, contenders, "empty");
  return {
    keys: { copyVsDump: timesFaster(measured, ["dump"]) },
    details: { copy: mediansOf(measured) },
  };
}
