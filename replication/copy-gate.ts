import type { Clock } from "../core/clock.ts";
import type { Source } from "./source.ts";
import { undecidedAt } from "./undecided.ts";

/** Between two looks. */
const everyMs = 200;

/**
 * A first copy sees nothing of what is prepared, and the stream nothing of what was prepared before it began. So the first snapshot waits until
 * all of that is decided: then the snapshots show what came of it.
 */
export class CopyGate {
  readonly #source: Source;
  readonly #clock: Clock;
  #lookedMs = 0;
  /** Undefined before the first look. */
  #waitsFor: readonly string[] | undefined;

  constructor(source: Source, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** As of the last look. */
  get waiting(): readonly string[] {
    return this.#waitsFor ?? [];
  }

  /** Whether nothing has to be committed or rolled back first. `inStream`: whether the stream has the prepare, so that it has the rows. */
  async isOpen(inStream: (xid: string) => boolean): Promise<boolean> {
    if (this.#waitsFor?.length === 0) return true;
    if (this.#clock.now() < this.#lookedMs + everyMs) return false;
    this.#lookedMs = this.#clock.now();
    const now = new Set(await undecidedAt(this.#source));
    const before = this.#waitsFor ?? [...now];
    this.#waitsFor = before.filter((xid) => now.has(xid) && !inStream(xid));
    return this.#waitsFor.length === 0;
  }
}
