import { once } from "node:events";

/** The answer of the database driver, unless the time (0: no limit) or the signal ends first: the driver leaves calls of a destroyed connection open for ever. */
export async function within<T>(timeoutMs: number, work: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = timeoutMs === 0 ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const stop = new AbortController();
  const ended = once(over, "abort", { signal: stop.signal }).then(
    () => over.throwIfAborted(),
    () => undefined,
  ) as Promise<never>;
  try {
    over.throwIfAborted();
    return await Promise.race([work, ended]);
  } finally {
    stop.abort();
    work.catch(() => undefined);
  }
}
