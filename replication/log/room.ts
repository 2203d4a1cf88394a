import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";

/** How often a full log is looked at again. */
const lookMs = 500;

export interface RoomOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** The last record that the target has; undefined while that is not known. */
  readonly applied: () => number | undefined;
  /** Why the log is full, and undefined when it has room again. */
  readonly onFull: (problem: string | undefined) => void;
}

/**
 * Resolves when the log may take more. Until then it lets go of what has been applied: who applies does so only now and then, and not at
 * all when there is nothing left to read. Above its limit a log still takes the rest of a transaction, which would never be applied else.
 */
export async function waitForRoom(
  { log, clock, applied, onFull }: RoomOptions,
  unfinished: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { space } = log;
  if (space === undefined) return;
  let told = false;
  let trimmed: number | undefined;
  for (;;) {
    const problem = await space.full(unfinished);
    if (problem === undefined) break;
    const upTo = applied();
    if (upTo !== undefined && upTo !== trimmed) {
      trimmed = upTo;
      await log.trim(upTo);
      continue;
    }
    if (!told) onFull(problem);
    told = true;
    await clock.sleep(lookMs, signal);
  }
  if (told) onFull(undefined);
}
