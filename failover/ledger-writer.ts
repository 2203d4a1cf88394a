import { appendFileSync } from "node:fs";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Ledger, LedgerEntry } from "./world.ts";

/** What became of one attempt to write. */
export interface LedgerAttempt {
  readonly entry: LedgerEntry;
  /** The site that was asked. */
  readonly site: string;
  /** When the commit was confirmed; undefined: never, so nobody knows. */
  readonly ackedMs?: number;
}

export interface LedgerWriterOptions {
  readonly drill: string;
  /** In the order to try; the writer goes round them until one takes writes, as an application with both addresses would. */
  readonly sites: readonly string[];
  readonly open: (site: string, signal: AbortSignal) => Promise<Ledger>;
  readonly clock: Clock;
  /** Each confirmed write is noted here too, as one line, so that the evidence outlives the process. */
  readonly file: string;
  readonly everyMs: number;
  /** A write or a connection that takes longer counts as not confirmed. */
  readonly timeoutMs: number;
}

/** One small transaction after the other, each with its own number; remembers which were confirmed. */
export class LedgerWriter implements AsyncDisposable {
  readonly attempts: LedgerAttempt[] = [];
  /** Why the notes are not complete. */
  problem: string | undefined;
  readonly #options: LedgerWriterOptions;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #turn = 0;
  #ledger: Ledger | undefined;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#options;
    const firstId = clock.now() * 1000;
    for (let n = 0; !this.#stop.signal.aborted; n += 1) {
      const beganMs = clock.now();
      await this.#write(firstId + n);
      await clock
        .sleep(Math.max(0, beganMs + everyMs - clock.now()), this.#stop.signal)
        .catch(() => undefined);
    }
    await this.#close();
  }

  async #write(id: number): Promise<void> {
    const { clock, drill, timeoutMs } = this.#options;
    const entry: LedgerEntry = { id, drill, writtenMs: clock.now() };
    const deadline = AbortSignal.timeout(timeoutMs);
    const ledger = await this.#current(deadline);
    if (ledger === undefined) return;
    const site = this.#site();
    // A write that failed may still have been committed: its number is never used again.
    const acked = await ledger.append(entry, deadline).then(
      () => true,
      () => false,
    );
    const ackedMs = acked ? clock.now() : undefined;
    this.attempts.push({ entry, site, ackedMs });
    if (ackedMs === undefined) await this.#next();
    else this.#note(`${id} ${ackedMs} ${site}\n`);
  }

  /** At once and in order: a line is on its way to the disk before the next write is sent. */
  #note(line: string): void {
    try {
      appendFileSync(this.#options.file, line, { mode: 0o600 });
    } catch (error) {
      this.problem ??= `the ledger's notes cannot be written: ${messageOf(error)}`;
    }
  }

  async #current(deadline: AbortSignal): Promise<Ledger | undefined> {
    if (this.#ledger !== undefined) return this.#ledger;
    this.#ledger = await this.#options.open(this.#site(), deadline).catch(() => undefined);
    if (this.#ledger === undefined) this.#turn += 1;
    return this.#ledger;
  }

  async #next(): Promise<void> {
    this.#turn += 1;
    await this.#close();
  }

  async #close(): Promise<void> {
    const ledger = this.#ledger;
    this.#ledger = undefined;
    await ledger?.[Symbol.asyncDispose]();
  }

  #site(): string {
    return this.#options.sites[this.#turn % this.#options.sites.length] ?? "";
  }
}
