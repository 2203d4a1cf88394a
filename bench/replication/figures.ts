import type { Run } from "./race.ts";
import type { Rounds } from "./rounds.ts";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [above = NaN, below = NaN] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? above : (above + below) / 2;
}

/** How many times faster we were than the fastest of `peers`, round by round: what disturbed one of a round disturbed all. */
export function timesFaster(rounds: Rounds, peers: readonly string[]): number | undefined {
  const ratios = (rounds["ours"] ?? []).flatMap(({ seconds }, round) => {
    const others = peers.flatMap((peer) => rounds[peer]?.[round]?.seconds ?? []);
    return others.length === 0 ? [] : [Math.min(...others) / seconds];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Of each contender the median of every figure. */
export function mediansOf(rounds: Rounds): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return Object.fromEntries(Object.entries(rounds).map(([name, runs]) => [name, medianRun(runs)]));
}

function medianRun(runs: readonly Run[]): Readonly<Record<string, number>> {
  const names = Object.keys(runs[0] ?? {}) as (keyof Run)[];
  return Object.fromEntries(names.map((name) => [name, rounded(median(runs.map((run) => run[name])))]));
}

/** Three digits say enough. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
