import { once } from "node:events";

/** Stops some work for a while, as often as one likes. */
export class Pause {
  #begun = new AbortController();
  #ended = new AbortController();

  constructor(paused: boolean) {
    if (paused) this.#begun.abort();
    else this.#ended.abort();
  }

  get on(): boolean {
    return this.#begun.signal.aborted;
  }

  /** Aborted as soon as a pause begins. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  begin(): void {
    if (this.on) return;
    this.#ended = new AbortController();
    this.#begun.abort();
  }

  end(): void {
    if (!this.on) return;
    this.#begun = new AbortController();
    this.#ended.abort();
  }

  /** Resolves when there is no pause, or when the signal ends. */
  async over(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#ended.signal]);
    if (!either.aborted) await once(either, "abort");
  }
}
