/** What was opened for one thing, closed in the other order together with it. */
export class Parts implements AsyncDisposable {
  readonly #closers: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(part: T): T {
    this.#closers.push(() => part[Symbol.asyncDispose]());
    return part;
  }

  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** All are closed, also when one fails; the first failure is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
