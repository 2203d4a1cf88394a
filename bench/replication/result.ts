import { rounded } from "./figures.ts";

/** What a part of the bench found: the keys of the result, and the figures that they come from. */
export interface Result {
  readonly keys: Partial<Record<Key, number | undefined>>;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Each key with its goal, and whether more or less is better. */
export const goals = {
  applyVsNative1: { atLeast: 10 },
  applyVsNativeBest: { atLeast: 4 },
  applyVsHandBatched: { atLeast: 0.5 },
  vsDebezium: { atLeast: 4 },
  bigTxVsNative1: { atLeast: 0.5 },
  lagP50MsOverNative: { atMost: 10 },
  lagP99Ms: { atMost: 100 },
  wanBytesVsBinlog: { atMost: 0.25 },
  peakRssMb100k: { atMost: 256 },
  peakRssMb1M: { atMost: 256 },
  copyVsDump: { atLeast: 1.5 },
  decodeVsZongji: { atLeast: 2 },
} as const satisfies Record<string, { readonly atLeast: number } | { readonly atMost: number }>;

export type Key = keyof typeof goals;
export type Keys = Partial<Record<Key, number>>;

export const keys = Object.keys(goals) as readonly Key[];

/** Keys in their order, without those that were not measured. */
export function keysOf(results: readonly Result[]): Keys {
  const known = Object.assign({}, ...results.map(({ keys: some }) => some)) as Result["keys"];
  return pick((key) => known[key]);
}

/** Of each key the value that is farther from its goal. */
export function worseOf(flavours: readonly Keys[]): Keys {
  return pick((key) => {
    const values = flavours.flatMap((each) => each[key] ?? []);
    if (values.length === 0) return undefined;
    return "atLeast" in goals[key] ? Math.min(...values) : Math.max(...values);
  });
}

export function reaches(key: Key, value: number): boolean {
  const goal: { readonly atLeast?: number; readonly atMost?: number } = goals[key];
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}

function pick(valueOf: (key: Key) => number | undefined): Keys {
  const entries = keys.flatMap((key) => {
    const value = valueOf(key);
    return value === undefined ? [] : [[key, rounded(value)] as const];
  });
  return Object.fromEntries(entries);
}
