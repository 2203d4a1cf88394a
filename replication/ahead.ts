/** What comes one by one; the next is asked for before it is needed. Dispose of it in the end, at which nothing is waited for. */
export class Ahead<T> implements AsyncDisposable {
  readonly #over = new AbortController();
  readonly #items: AsyncIterator<T, unknown>;
  #coming: Promise<IteratorResult<T, unknown>>;

  /** `open` gives what ends with its signal. */
  constructor(open: (signal: AbortSignal) => AsyncIterable<T>, signal: AbortSignal) {
    this.#items = open(AbortSignal.any([signal, this.#over.signal]))[Symbol.asyncIterator]();
    this.#coming = this.#ask();
  }

  /** Resolves when there is something to take, or the end. */
  get coming(): Promise<unknown> {
    return this.#coming;
  }

  /** Undefined at the end. */
  async take(): Promise<T | undefined> {
    const next = await this.#coming;
    if (next.done === true) return undefined;
    this.#coming = this.#ask();
    return next.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#coming.catch(() => undefined);
    await this.#items.return?.();
  }

  #ask(): Promise<IteratorResult<T, unknown>> {
    const next = this.#items.next();
    // Whoever takes it is told.
    next.catch(() => undefined);
    return next;
  }
}
