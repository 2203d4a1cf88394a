import type { Step, StepTree } from "../core/workflow.ts";
import type { RunHistory } from "./history.ts";
import { stepsOf } from "./tree.ts";

/** How long a step usually takes; undefined when nothing like it was ever done. */
export type UsualTime = (step: string) => number | undefined;

export interface Estimate {
  /** Of the steps that are known. */
  readonly ms: number;
  /** Names of steps like which none was ever done. */
  readonly unknown: readonly string[];
}

/** What is longer ago says little: machines, data and line have changed since. */
const LATEST = 5;

/** Learns from what was done. A step of another machine of the same kind (`web-1` for `web-2`) counts where the very same was never done. */
export function usualTimes(runs: readonly RunHistory[]): UsualTime {
  const [same, alike] = [new Map<string, number[]>(), new Map<string, number[]>()];
  for (const { name, state, ms } of runs.flatMap(({ steps }) => steps)) {
    if (state !== "done" || ms === undefined) continue;
    add(same, name, ms);
    add(alike, kindOf(name), ms);
  }
  return (name) => median(same.get(name) ?? alike.get(kindOf(name)) ?? []);
}

/** How long a tree of steps will take: parts in order add up, of parts side by side the longest counts. */
export function estimate<C>(tree: StepTree<C>, usual: UsualTime): Estimate {
  const unknown = stepsOf(tree).filter(({ name }) => usual(name) === undefined);
  return { ms: durationOf(tree, usual), unknown: unknown.map(({ name }) => name) };
}

function durationOf<C>(tree: StepTree<C>, usual: UsualTime): number {
  if ("sequence" in tree) return tree.sequence.reduce((sum, part) => sum + durationOf(part, usual), 0);
  if ("parallel" in tree) return Math.max(0, ...tree.parallel.map((part) => durationOf(part, usual)));
  return usual((tree satisfies Step<C>).name) ?? 0;
}

function kindOf(name: string): string {
  return name.replaceAll(/-\d+\b/g, "-");
}

function add(times: Map<string, number[]>, key: string, ms: number): void {
  times.set(key, [...(times.get(key) ?? []), ms].slice(-LATEST));
}

function median(times: readonly number[]): number | undefined {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
