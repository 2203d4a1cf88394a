import type { Clock } from "../core/clock.ts";
import type { Answer } from "../lifecycle/http.ts";

/** One request of the drill's client. */
export interface Request {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly ok: boolean;
  readonly outcome: string;
}

/** Asks at a constant rate, however long each answer takes, and keeps every result. */
export class HttpClient implements AsyncDisposable {
  readonly requests: Request[] = [];
  readonly #ask: (signal: AbortSignal) => Promise<Answer>;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #loop: Promise<void>;

  constructor(options: {
    readonly ask: (signal: AbortSignal) => Promise<Answer>;
    readonly clock: Clock;
    readonly perSecond: number;
  }) {
    this.#ask = options.ask;
    this.#clock = options.clock;
    this.#loop = this.#run(1000 / options.perSecond);
  }

  /** Ends asking, and waits for the answers that are on their way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#running);
  }

  async #run(everyMs: number): Promise<void> {
    const { signal } = this.#stop;
    const startedMs = this.#clock.now();
    for (let n = 1; !signal.aborted; n += 1) {
      const request = this.#request().finally(() => this.#running.delete(request));
      this.#running.add(request);
      // Counted from the start, so that a late tick does not slow the rate down.
      await this.#clock
        .sleep(Math.max(0, startedMs + n * everyMs - this.#clock.now()), signal)
        .catch(() => undefined);
    }
  }

  async #request(): Promise<void> {
    const startedMs = this.#clock.now();
    // Each request has its own time limit; the end of the drill does not cut it off, or it would look like a failure.
    const answer = await this.#ask(new AbortController().signal).catch(() => ({
      ok: false,
      outcome: "failed",
    }));
    this.requests.push({ startedMs, endedMs: this.#clock.now(), ...answer });
  }
}
