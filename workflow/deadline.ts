import { systemClock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { anySignal } from "./any-signal.ts";

/** Does `work` with a signal that is aborted after `ms`, or when `outer` is. */
export async function withDeadline<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const late = new AbortController();
  const timer = systemClock.sleep(ms, over.signal).then(
    () => late.abort(new HotsiteError("timeout", `not done within ${ms / 1000} s`)),
    () => undefined,
  );
  try {
    return await work(anySignal(outer, late.signal));
  } finally {
    over.abort();
    await timer;
  }
}
