import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";

/** What passes by itself mostly does so within seconds; what does not is for a person. */
const pausesMs = [1000, 4000];

/** Does `work`, and again after a pause when it fails with a retryable error: three times at most. `onRetry` runs before each pause. */
export async function withRetries<T>(
  work: () => Promise<T>,
  onRetry: (error: HotsiteError, pauseMs: number) => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof HotsiteError && error.retryable)) throw error;
      await onRetry(error, pauseMs);
      await clock.sleep(pauseMs, signal);
    }
  }
  return work();
}
