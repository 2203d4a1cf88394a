import { systemClock, type Clock } from "../core/clock.ts";
import type { Store } from "../core/store.ts";
import type { Observer } from "./events.ts";

/** What running and resuming have in common. */
export interface RunSettings {
  /** One run at a time for each. */
  readonly application: string;
  readonly store: Store;
  readonly observer?: Observer;
  readonly signal: AbortSignal;
  /** Who asks for it: `ops@laptop`. */
  readonly by: string;
  readonly clock?: Clock;
  /** How many steps may run at once. Default 32. */
  readonly concurrency?: number;
  /** How long one undo may take, with its retries. Default ten minutes. */
  readonly undoTimeoutMs?: number;
}

/** A run that reached its end; `unwound` is the end of a resumed run that was being undone. */
export interface RunResult {
  readonly run: string;
  readonly state: "done" | "unwound";
  /** Since it was begun, interruptions included. */
  readonly ms: number;
}

const silent: Observer = { onEvent: () => undefined };

/** The settings with their defaults. */
export function partsOf({
  clock = systemClock,
  observer = silent,
  concurrency = 32,
  undoTimeoutMs = 600_000,
}: RunSettings): {
  clock: Clock;
  observer: Observer;
  concurrency: number;
  undoTimeoutMs: number;
} {
  return { clock, observer, concurrency, undoTimeoutMs };
}
