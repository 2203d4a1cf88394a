/** Enough that the target never waits for the next work to be made, and little enough to hold. */
const most = 2;

/** Work that is done in order, one piece after the other, while the next pieces are being made. After a failure nothing more is done. */
export class Lane {
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void>[] = [];

  /** Resolves when there is room for more. Rejects as work before it did. */
  async add(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    // Whoever adds more, or waits for the end, is told.
    done.catch(() => undefined);
    this.#last = done;
    this.#waiting.push(done);
    if (this.#waiting.length > most) await this.#waiting.shift();
  }

  /** Resolves when everything is done. Rejects as some of it did. */
  async drained(): Promise<void> {
    this.#waiting = [];
    await this.#last;
  }
}
