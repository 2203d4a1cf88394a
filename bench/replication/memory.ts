import { tell, type BenchContext } from "./context.ts";
import { ours } from "./ours.ts";
import { race } from "./race.ts";
import type { Result } from "./result.ts";
import { openStage } from "./stage.ts";
import { large } from "./work.ts";

/** What the gateway needs at most for one transaction of so many rows. */
export async function memory(context: BenchContext): Promise<Result> {
  return {
    keys: {
      peakRssMb100k: await peakOf(context, 100_000),
      peakRssMb1M: await peakOf(context, 1_000_000),
    },
    details: {},
  };
}

async function peakOf(context: BenchContext, rows: number): Promise<number> {
  const { flavour, programs, signal } = context;
  await using stage = await openStage(flavour, large("memory", rows), signal);
  const { ownPeakMb, seconds } = await race(stage, ours(programs), signal);
  tell(context, `memory: ${rows} rows in one transaction: ${ownPeakMb} MB, ${seconds.toFixed(1)} s`);
  return ownPeakMb;
}
