import { attempt, tell, type BenchContext } from "./context.ts";
import { race, type Contender, type Run } from "./race.ts";
import { openStage, type TargetKind } from "./stage.ts";
import type { Work } from "./work.ts";

/** Of each contender, one run a round. */
export type Rounds = Readonly<Record<string, readonly Run[]>>;

/** Each round lets all contenders run, one after the other, so that what disturbs the machine disturbs all. */
export async function rounds(
  context: BenchContext,
  work: Work,
  contenders: readonly Contender[],
  targets: TargetKind = "prepared",
): Promise<Rounds> {
  const { flavour, options, signal } = context;
  tell(context, `${work.name}: making the backlog`);
  await using stage = await openStage(flavour, work, signal, targets);
  const invited = contenders.filter(({ name }) => !options.without.has(name));
  const runs: Record<string, Run[]> = {};
  for (let round = 1; round <= options.runs; round += 1) {
    for (const contender of invited) {
      const what = `${work.name} round ${round} ${contender.name}`;
      const run = await attempt(context, what, () => race(stage, contender, signal));
      if (run === undefined) continue;
      (runs[contender.name] ??= []).push(run);
      tell(context, `${what}: ${described(run)}`);
    }
  }
  return runs;
}

function described({ seconds, rowsPerSecond, othersPercent }: Run): string {
  return `${seconds.toFixed(2)} s, ${Math.round(rowsPerSecond)} rows/s (others ${othersPercent} %)`;
}
