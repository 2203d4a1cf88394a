import { once } from "node:events";

/** Lets at most so many pieces of work run at once; the others wait their turn. */
export class Slots {
  #free: number;
  readonly #waiting: EventTarget[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const turn = new EventTarget();
    this.#waiting.push(turn);
    try {
      await once(turn, "turn", { signal });
    } catch (error) {
      const place = this.#waiting.indexOf(turn);
      // The turn may have come at the same moment: then somebody else gets it.
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#pass();
      signal.throwIfAborted();
      throw error;
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.dispatchEvent(new Event("turn"));
  }
}
