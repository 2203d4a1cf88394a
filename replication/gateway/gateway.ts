import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../core/clock.ts";
import { HotsiteError, RetryableError, StaleEpochError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { LinkControl, LinkOrder, LinkStatus } from "../../core/protection.ts";
import { Link } from "../link.ts";
import type { LinkEnds } from "../link-ends.ts";
import { OrderFile, type Wish } from "./order-file.ts";

interface Running {
  readonly link: Link;
  /** Settles when the link has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly stop: AbortController;
}

export interface GatewayOptions {
  /** Where it runs: the target of its link. */
  readonly site: string;
  /** Where the source is. */
  readonly from: string;
  readonly stateFolder: string;
  /** Asked each time that a link starts: passwords may have been changed. */
  readonly ends: () => Promise<LinkEnds>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The gateway's process: keeps its order on disk, and a link running as it says. Everything that it is told survives a kill. */
export class Gateway implements LinkControl {
  readonly #options: GatewayOptions;
  readonly #orders: OrderFile;
  #running: Running | undefined;
  /** Changes of the order run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: GatewayOptions, orders: OrderFile) {
    this.#options = options;
    this.#orders = orders;
  }

  static async open(options: GatewayOptions): Promise<Gateway> {
    return new Gateway(options, await OrderFile.open(join(options.stateFolder, "order.json")));
  }

  get site(): string {
    return this.#options.site;
  }

  /** Goes on as before the last end of this process, until the signal ends. */
  async resume(signal: AbortSignal): Promise<void> {
    await this.#oneByOne(() => this.#follow(), signal);
  }

  /** What it follows; undefined when it was never told. */
  get order(): LinkOrder | undefined {
    return this.#orders.wish?.order;
  }

  status(): Promise<LinkStatus | undefined> {
    const wish = this.#orders.wish;
    if (wish === undefined) return Promise.resolve(undefined);
    const { stream, epoch } = wish.order;
    return Promise.resolve(this.#running?.link.status() ?? { stream, epoch, state: "stopped" });
  }

  start(order: LinkOrder, signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      this.#refuse(order);
      const failed = this.#running?.link.status().state === "failed";
      await this.#become({ order, mode: "run" }, failed);
    }, signal);
  }

  stop(signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      const wish = this.#orders.wish;
      if (wish !== undefined) await this.#become({ ...wish, mode: "stop" });
    }, signal);
  }

  async drain(timeoutMs: number, signal: AbortSignal): Promise<string> {
    return drained(await this.beginDrain(signal), timeoutMs, signal);
  }

  /** Nothing more is pulled; what the log holds is being applied when it resolves. */
  beginDrain(signal: AbortSignal): Promise<Running | undefined> {
    return this.#oneByOne(async () => {
      const wish = this.#orders.wish;
      if (wish === undefined) throw noOrder();
      await this.#become({ ...wish, mode: "drain" });
      return this.#running;
    }, signal);
  }

  async reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#running === undefined) throw noOrder();
    await this.#running.link.reach(position, timeoutMs, signal);
  }

  /** For the end of the process: the order stays as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  #refuse(order: LinkOrder): void {
    const { site, from } = this.#options;
    if (order.to !== site || order.from !== from) {
      throw new HotsiteError(
        "wrong-gateway",
        `this gateway links ${from} to ${site}, not ${order.from} to ${order.to}`,
      );
    }
    const known = this.#orders.wish?.order;
    if (known !== undefined && order.epoch < known.epoch)
      throw new StaleEpochError(`the gateway follows epoch ${known.epoch}, epoch ${order.epoch} is over`);
    if (known?.stream === order.stream && !isDeepStrictEqual(known, order)) {
      throw new HotsiteError("stream-in-use", `${order.stream} was begun another way`, {
        hint: "a new beginning takes a new epoch",
      });
    }
  }

  /** The wish is on the disk before anything follows it. */
  async #become(wish: Wish, again = false): Promise<void> {
    if (!again && isDeepStrictEqual(wish, this.#orders.wish) && this.#running !== undefined) return;
    const same = wish.order.stream === this.#orders.wish?.order.stream;
    await this.#orders.write(wish);
    if (wish.mode === "drain" && same && this.#running !== undefined && !again) {
      this.#running.link.drain();
      return;
    }
    await this.#end();
    await this.#follow();
  }

  async #follow(): Promise<void> {
    const wish = this.#orders.wish;
    if (wish === undefined || wish.mode === "stop") return;
    const { ends, clock, logger } = this.#options;
    const link = await Link.open({ ...(await ends()), order: wish.order, clock, logger });
    if (wish.mode === "drain") link.drain();
    const stop = new AbortController();
    // How it failed is in its status.
    const ended = link.run(stop.signal).catch(() => undefined);
    this.#running = { link, ended, stop };
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.ended;
  }

  async #oneByOne<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const done = this.#last.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

async function drained(
  running: Running | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  if (running === undefined) throw noOrder();
  const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  await Promise.race([running.ended, aborted(late)]);
  const { state, applied, problem, stream, behindTransactions } = running.link.status();
  if (state === "stopped" && applied !== undefined) return applied;
  if (state === "failed") throw new HotsiteError("link-failed", problem ?? `${stream} has failed`);
  throw new RetryableError(
    "timeout",
    `${stream}: ${behindTransactions ?? "an unknown number of"} records of the log are not applied yet${problem === undefined ? "" : `: ${problem}`}`,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function noOrder(): HotsiteError {
  return new HotsiteError("no-link", "the gateway has no link running", {
    hint: "give it its order: the stream was never started, or was stopped",
  });
}
