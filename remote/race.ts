import { once } from "node:events";
import { systemClock } from "../core/clock.ts";

/** The value of `work`, or undefined when `ms` pass or `signal` is aborted first. `work` goes on; no timer and no listener is left. */
export async function within<T>(
  work: Promise<T>,
  limit: { ms?: number; signal?: AbortSignal },
): Promise<T | undefined> {
  const done = new AbortController();
  const nothing = (): undefined => undefined;
  const limits: Promise<undefined>[] = [];
  if (limit.ms !== undefined) limits.push(systemClock.sleep(limit.ms, done.signal).then(nothing, nothing));
  if (limit.signal !== undefined) limits.push(aborted(limit.signal, done.signal).then(nothing, nothing));
  try {
    return await Promise.race([work, ...limits]);
  } finally {
    done.abort();
  }
}

async function aborted(signal: AbortSignal, done: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort", { signal: done });
}
