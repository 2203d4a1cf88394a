const tails = new Map<string, Promise<unknown>>();

/** Does `work` when all earlier work of the same key has ended; in this process only. Waiting ends when the signal is aborted. */
export async function inTurn<T>(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const before = tails.get(key) ?? Promise.resolve();
  const result = orAborted(before, signal).then(work);
  const tail = Promise.allSettled([before, result]);
  tails.set(key, tail);
  try {
    return await result;
  } finally {
    if (tails.get(key) === tail) tails.delete(key);
  }
}

async function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = new AbortController();
  const abort = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true, signal: aborted.signal });
  });
  await Promise.race([promise, abort]);
  aborted.abort();
  signal.throwIfAborted();
}
