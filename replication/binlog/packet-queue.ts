/** Above it the sender is paused, below the lower one it goes on. */
const highBytes = 8 * 2 ** 20;
const lowBytes = 4 * 2 ** 20;

/** Bytes of packets between a socket, which pushes, and one reader, who takes. */
export class PacketQueue<Item extends { readonly length: number }> {
  readonly #pause: () => void;
  readonly #resume: () => void;
  #packets: Item[] = [];
  #bytes = 0;
  #received = 0;
  #paused = false;
  #end: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(pause: () => void, resume: () => void) {
    this.#pause = pause;
    this.#resume = resume;
  }

  /** How many items ever came. */
  get received(): number {
    return this.#received;
  }

  get paused(): boolean {
    return this.#paused;
  }

  push(packet: Item): void {
    this.#packets.push(packet);
    this.#bytes += packet.length;
    this.#received += 1;
    if (!this.#paused && this.#bytes > highBytes) {
      this.#paused = true;
      this.#pause();
    }
    this.#wake?.();
  }

  /** What was pushed before can still be taken; then `take` rejects with `reason`. */
  end(reason: unknown): void {
    this.#end ??= { reason };
    this.#wake?.();
  }

  /** Some of what is there, oldest first, at least one: at most about the lower mark, so that large ones stay few. */
  async take(signal: AbortSignal): Promise<readonly Item[]> {
    signal.throwIfAborted();
    while (this.#packets.length === 0) {
      if (this.#end !== undefined) throw this.#end.reason;
      await this.#pushed(signal);
    }
    return this.#shift();
  }

  #shift(): readonly Item[] {
    let [count, bytes] = [0, 0];
    while (count < this.#packets.length && bytes < lowBytes / 4) bytes += this.#packets[count++]?.length ?? 0;
    this.#bytes -= bytes;
    const taken = this.#packets.slice(0, count);
    this.#packets = this.#packets.slice(count);
    if (this.#paused && this.#bytes < lowBytes) {
      this.#paused = false;
      this.#resume();
    }
    return taken;
  }

  #pushed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        this.#wake = undefined;
        signal.removeEventListener("abort", aborted);
        settle();
      };
      const aborted = (): void => done(() => reject(signal.reason as Error));
      this.#wake = () => done(resolve);
      signal.addEventListener("abort", aborted);
    });
  }
}
