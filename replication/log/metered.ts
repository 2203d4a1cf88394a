import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { LogAppends } from "../../core/protection.ts";

interface Waiting {
  readonly last: number;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** What this process has written to a log and not applied yet, and how the log takes it. */
export class LogMeter {
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  /** The last record of an earlier process that may not be applied yet. */
  #before = 0;
  #applied = 0;
  #appends: LogAppends = { count: 0, seconds: 0, failed: 0 };

  /** Of what waits; undefined while a part of it is an earlier process's. */
  get bytes(): number | undefined {
    return this.#known ? this.#bytes : undefined;
  }

  /** Since when the oldest record waits; undefined when none does, or an earlier process's. */
  get sinceMs(): number | undefined {
    return this.#known ? this.#waiting[0]?.sinceMs : undefined;
  }

  get appends(): LogAppends {
    return this.#appends;
  }

  /** The log held this already. */
  opened(last: number): void {
    this.#before = last;
  }

  appended({ last, bytes, sinceMs }: Waiting, tookMs: number): void {
    const { count, seconds, failed } = this.#appends;
    this.#appends = { count: count + 1, seconds: seconds + tookMs / 1000, failed };
    this.#waiting.push({ last, bytes, sinceMs });
    this.#bytes += bytes;
  }

  failed(): void {
    this.#appends = { ...this.#appends, failed: this.#appends.failed + 1 };
  }

  /** Everything up to this record is in the target. */
  applied(sequence: number): void {
    this.#applied = sequence;
    const left = this.#waiting.findIndex(({ last }) => last > sequence);
    const gone = this.#waiting.splice(0, left < 0 ? this.#waiting.length : left);
    this.#bytes -= gone.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get #known(): boolean {
    return this.#applied >= this.#before;
  }
}

/** The same log; what is appended is measured. */
export function metered(log: Log, meter: LogMeter, clock: Clock): Log {
  return {
    ...(log.remote !== undefined && { remote: log.remote }),
    ...(log.space !== undefined && { space: log.space }),
    append: async (batch) => {
      const beganMs = clock.now();
      const last = await log.append(batch).catch((error: unknown) => {
        meter.failed();
        throw error;
      });
      const sinceMs = clock.now();
      meter.appended({ last, bytes: batch.payload.length, sinceMs }, sinceMs - beganMs);
      return last;
    },
    read: (from, signal) => log.read(from, signal),
    tail: () => log.tail(),
    trim: (upTo) => log.trim(upTo),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}
