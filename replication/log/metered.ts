import type { Log } from "../../core/log.ts";

/** How many bytes of a log were written and are not applied yet, since this process opened it. */
export class LogMeter {
  readonly #waiting: { readonly last: number; readonly bytes: number }[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  appended(last: number, bytes: number): void {
    this.#waiting.push({ last, bytes });
    this.#bytes += bytes;
  }

  /** Everything up to this record is in the target. */
  applied(sequence: number): void {
    const left = this.#waiting.findIndex(({ last }) => last > sequence);
    const gone = this.#waiting.splice(0, left < 0 ? this.#waiting.length : left);
    this.#bytes -= gone.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** The same log; what is appended is measured. */
export function metered(log: Log, meter: LogMeter): Log {
  return {
    ...(log.remote !== undefined && { remote: log.remote }),
    ...(log.space !== undefined && { space: log.space }),
    append: async (batch) => {
      const last = await log.append(batch);
      meter.appended(last, batch.payload.length);
      return last;
    },
    read: (from, signal) => log.read(from, signal),
    tail: () => log.tail(),
    trim: (upTo) => log.trim(upTo),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}
