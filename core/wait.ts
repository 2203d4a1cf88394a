import { systemClock, type Clock } from "./clock.ts";
import { HotsiteError, messageOf, RetryableError } from "./errors.ts";

/** How long to wait, and how often to look. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly clock?: Clock;
  /** What is awaited, for the error: `east/db-1 to answer`. */
  readonly what: string;
}

/**
 * The first value of `look` that is not undefined. `look` may throw a retryable error meanwhile; any other ends the wait.
 * Throws `RetryableError` "timeout" with the last reason when the time is over.
 */
export async function waitFor<T>(
  look: (signal: AbortSignal) => Promise<T | undefined>,
  { timeoutMs, intervalMs = 200, clock = systemClock, what }: WaitOptions,
  signal: AbortSignal,
): Promise<T> {
  const end = clock.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    signal.throwIfAborted();
    try {
      const value = await look(signal);
      if (value !== undefined) return value;
    } catch (error) {
      if (!(error instanceof HotsiteError && error.retryable)) throw error;
      last = error;
    }
    if (clock.now() + intervalMs > end) break;
    await clock.sleep(intervalMs, signal);
  }
  throw new RetryableError(
    "timeout",
    `waited ${(timeoutMs / 1000).toFixed(1)} s for ${what}${last === undefined ? "" : `: ${messageOf(last)}`}`,
    {
      cause: last,
    },
  );
}
