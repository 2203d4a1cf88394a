import type { Clock } from "../../core/clock.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that passes only while everybody sleeps, and then at once to the next one who wakes. */
export function virtualClock(): Clock {
  let nowMs = Date.UTC(2026, 10, 21, 10);
  let ticking = false;
  const sleepers: Sleeper[] = [];

  const tick = (): void => {
    const next = sleepers.shift();
    ticking = next !== undefined;
    if (next === undefined) return;
    nowMs = Math.max(nowMs, next.dueMs);
    next.wake();
    // After I/O, so that files and promises keep up with the time.
    setImmediate(tick);
  };

  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          const at = sleepers.indexOf(sleeper);
          if (at >= 0) sleepers.splice(at, 1);
          reject(signal.reason as Error);
        };
        const wake = () => {
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const sleeper: Sleeper = { dueMs: nowMs + ms, wake };
        if (signal.aborted) {
          leave();
          return;
        }
        signal.addEventListener("abort", leave, { once: true });
        const later = sleepers.findIndex(({ dueMs }) => dueMs > sleeper.dueMs);
        sleepers.splice(later < 0 ? sleepers.length : later, 0, sleeper);
        if (!ticking) {
          ticking = true;
          setImmediate(tick);
        }
      }),
  };
}
