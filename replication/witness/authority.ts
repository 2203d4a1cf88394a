import { z } from "zod";
import { HotsiteError, StaleEpochError } from "../../core/errors.ts";
import type { Authority } from "../../core/protection.ts";
import { readIfThere, writeDurably } from "../control/durable-file.ts";

/** An authority as it is written down and sent. */
export const authoritySchema = z.strictObject({
  epoch: z.number().int().nonnegative().describe("grows at every change"),
  writer: z.string().min(1).nullable().describe("the site whose database may be writable"),
});

/** Nobody may write before the first grant. */
export const noAuthority: Authority = { epoch: 0, writer: null };

/** The authority, kept in one file. One process at a time may have it open. */
export class AuthorityFile {
  readonly #path: string;
  #now: Authority;
  /** Grants run one after the other, so that each compares with what the one before left. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, now: Authority) {
    this.#path = path;
    this.#now = now;
  }

  static async open(path: string): Promise<AuthorityFile> {
    const text = await readIfThere(path);
    return new AuthorityFile(path, text === undefined ? noAuthority : parse(path, text));
  }

  get now(): Authority {
    return this.#now;
  }

  /** Durable when it resolves. */
  grant(next: Authority, expected: Authority): Promise<void> {
    const granted = this.#last.then(() => this.#grant(next, expected));
    this.#last = granted.catch(() => undefined);
    return granted;
  }

  async #grant(next: Authority, expected: Authority): Promise<void> {
    if (same(next, this.#now)) return;
    if (!same(expected, this.#now) || next.epoch < this.#now.epoch) {
      throw new StaleEpochError(
        `the witness is at ${shown(this.#now)}, not at ${shown(expected)}: ${shown(next)} is refused`,
        { details: { now: this.#now, expected, next } },
      );
    }
    await writeDurably(this.#path, JSON.stringify(next));
    this.#now = next;
  }
}

/** `epoch 4, writer east`. */
function shown({ epoch, writer }: Authority): string {
  return `epoch ${epoch}, ${writer === null ? "no writer" : `writer ${writer}`}`;
}

function same(a: Authority, b: Authority): boolean {
  return a.epoch === b.epoch && a.writer === b.writer;
}

function parse(path: string, text: string): Authority {
  try {
    return authoritySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new HotsiteError("authority-unreadable", `${path} does not hold an authority`, {
      cause,
      hint: "restore the file from the epoch history of `hotsite history`, or grant anew after removing it",
    });
  }
}
