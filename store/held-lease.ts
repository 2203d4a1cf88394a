import { setInterval } from "node:timers/promises";
import { LeaseLostError, messageOf } from "../core/errors.ts";
import type { Lease } from "../core/store.ts";

/** What keeps a lease alive and gives it back; both act on the store at once. */
export interface LeaseKeeper {
  /** Throws `LeaseLostError` when it is lost; anything else may pass. */
  renew(): void;
  release(): void;
}

/** Two renewals may fail before the lease runs out. */
const renewalsPerTtl = 3;

/** A lease that is ours until it is disposed of or lost; renewed by a timer that keeps no process alive. */
export class HeldLease implements Lease {
  readonly holder: string;
  readonly signal: AbortSignal;
  readonly #ttlMs: number;
  readonly #keeper: LeaseKeeper;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #renewing: Promise<void>;

  constructor(holder: string, ttlMs: number, keeper: LeaseKeeper) {
    this.holder = holder;
    this.signal = this.#lost.signal;
    this.#ttlMs = ttlMs;
    this.#keeper = keeper;
    this.#renewing = this.#keep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    await this.#renewing;
    this.#keeper.release();
  }

  async #keep(): Promise<void> {
    let renewedAt = performance.now();
    try {
      for await (const _ of this.#ticks()) {
        const failure = this.#renew();
        if (failure === undefined) renewedAt = performance.now();
        else if (failure instanceof LeaseLostError || performance.now() - renewedAt > this.#ttlMs) {
          this.#lose(failure);
          return;
        }
      }
    } catch (error) {
      if (!this.#released.signal.aborted) this.#lose(error);
    }
  }

  #ticks(): AsyncIterable<void> {
    return setInterval(this.#ttlMs / renewalsPerTtl, undefined, {
      signal: this.#released.signal,
      ref: false,
    });
  }

  #renew(): unknown {
    try {
      this.#keeper.renew();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #lose(cause: unknown): void {
    this.#lost.abort(
      cause instanceof LeaseLostError
        ? cause
        : new LeaseLostError(`${this.holder} could not renew its lease: ${messageOf(cause)}`, { cause }),
    );
  }
}
