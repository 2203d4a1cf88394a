import type { Connection, RowDataPacket } from "mysql2/promise";
import { connect, connectionOptions, type ServerOptions } from "./connection.ts";
import { within } from "./within.ts";

/** When a server is asked beside a connection that waits for it, and how long it may take to answer that. */
export interface SilenceTimes {
  readonly lookMs: number;
  readonly answerMs: number;
}

/** A server that is gone is known after 20 s, whatever it was doing. */
const usualTimes: SilenceTimes = { lookMs: 3000, answerMs: 7000 };

/** So many looks in a row have to find that the server waits for us while we wait for it: an answer may be on its way for a moment. */
const asleepLooks = 5;
/** A larger request may be on its way for longer than that. */
const smallBytes = 2 ** 18;

type Seen = "at work" | "asleep" | "silent";

/**
 * Tells a statement that takes hours from a server, or a way to it, that is gone without a word: while an answer is awaited, the server is
 * asked over another connection what this one does. Costs two additions for each exchange.
 */
export class SilenceWatch implements Disposable {
  readonly #server: ServerOptions;
  readonly #connection: Connection;
  readonly #times: SilenceTimes;
  readonly #gone = new AbortController();
  readonly #over = new AbortController();
  readonly #unreachable: (problem: string) => Error;
  readonly #timer: NodeJS.Timeout;
  #second: Connection | undefined;
  #asked = 0;
  #answered = 0;
  #bytes = 0;
  /** How many had been answered at the last look. */
  #seen = 0;
  #asleep = 0;
  #looking = false;

  constructor(
    { server, connection }: { readonly server: ServerOptions; readonly connection: Connection },
    unreachable: (problem: string) => Error,
    times: SilenceTimes = usualTimes,
  ) {
    [this.#server, this.#connection, this.#times] = [server, connection, times];
    this.#unreachable = unreachable;
    this.#timer = setInterval(() => void this.#look(), times.lookMs).unref();
  }

  /** Ends when the server is gone, with what makes of it as its reason. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  asked(bytes: number): void {
    this.#asked += 1;
    this.#bytes = bytes;
  }

  answered(): void {
    this.#answered += 1;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#over.abort();
    this.#hangUp();
  }

  /** The first look at an exchange only remembers it. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    const exchange = this.#answered;
    const isNew = exchange !== this.#seen;
    this.#seen = exchange;
    if (isNew || this.#asked === exchange) {
      this.#asleep = 0;
      this.#hangUp();
      return;
    }
    this.#looking = true;
    const seen = await this.#ask();
    // Once is not enough to give it up: the connection that asks may be the one that is lost.
    const last = seen === "silent" && this.#answered === exchange ? await this.#ask() : seen;
    this.#looking = false;
    if (this.#answered === exchange && !this.#over.signal.aborted) this.#judge(last);
  }

  #judge(seen: Seen): void {
    this.#asleep = seen === "asleep" && this.#bytes < smallBytes ? this.#asleep + 1 : 0;
    if (seen === "silent") this.#end("it does not answer, not on another connection either");
    else if (this.#asleep >= asleepLooks) this.#end("nothing passes on a connection to it any more");
  }

  #end(problem: string): void {
    this[Symbol.dispose]();
    this.#gone.abort(this.#unreachable(problem));
  }

  async #ask(): Promise<Seen> {
    try {
      return await within(this.#times.answerMs, this.#state(), this.#over.signal);
    } catch (error) {
      this.#hangUp();
      return isAnswer(error) ? "at work" : "silent";
    }
  }

  /** Where another server stands in between, nobody may know the connection by its number: it is taken to be at work. */
  async #state(): Promise<Seen> {
    const limit = AbortSignal.any([this.#over.signal, AbortSignal.timeout(this.#times.answerMs)]);
    this.#second ??= await connect(connectionOptions(this.#server), limit);
    const [[row]] = await this.#second.query<RowDataPacket[]>(
      `SELECT command AS command FROM information_schema.processlist WHERE id = ${this.#connection.threadId}`,
    );
    return row?.["command"] === "Sleep" ? "asleep" : "at work";
  }

  #hangUp(): void {
    this.#second?.destroy();
    this.#second = undefined;
  }
}

/** Whoever refuses is there. */
function isAnswer(error: unknown): boolean {
  return typeof error === "object" && error !== null && String(Reflect.get(error, "code")).startsWith("ER_");
}
