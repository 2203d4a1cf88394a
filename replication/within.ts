import { HotsiteError } from "../core/errors.ts";

const never = new AbortController().signal;

/**
 * The answer of the database driver, unless the time (0: no limit) or the signal ends first: the driver leaves calls of a destroyed
 * connection open for ever. It is asked for each exchange: signals made for one would take longer than everything else of it.
 */
export function within<T>(timeoutMs: number, work: Promise<T>, signal: AbortSignal = never): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
    };
    const fail = (reason: Error): void => {
      end();
      reject(reason);
    };
    const aborted = (): void => fail(signal.reason as Error);
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => fail(timedOut()), timeoutMs).unref();
    work.then((answer) => {
      end();
      resolve(answer);
    }, fail);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted);
  });
}

/** As the signal of a time says it. */
function timedOut(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}

/** For a look that nothing depends on: what passes by itself, or took too long, is met again by whoever asks next. */
export function unlessItPasses(error: unknown): undefined {
  if (error instanceof HotsiteError && error.retryable) return undefined;
  if (error instanceof Error && error.name === "TimeoutError") return undefined;
  throw error;
}
