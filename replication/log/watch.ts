import type { Clock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Log, LogKeeping } from "../../core/log.ts";
import type { Logger } from "../../core/logger.ts";

/** A topic's settings are seldom changed, and what they would throw away they keep for minutes at least. */
const everyMs = 30_000;

export interface LogWatchOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSeen: (keeping: LogKeeping) => void;
}

/** Looks now and then whether those who keep a log for us would throw away what it holds, until the signal ends. */
export async function watchLog(
  { log, clock, logger, onSeen }: LogWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { keeping } = log;
  while (keeping !== undefined && !signal.aborted) {
    try {
      onSeen(await keeping());
    } catch (error) {
      // Whoever writes to the log says what is wrong with it; this is only a look.
      if (!(error instanceof HotsiteError)) throw error;
      logger.debug("the log's settings cannot be asked", { problem: error.message });
    }
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
