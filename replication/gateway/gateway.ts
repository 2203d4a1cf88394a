import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../core/clock.ts";
import { HotsiteError, messageOf, RetryableError, StaleEpochError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type {
  LinkControl,
  LinkOperator,
  LinkOrder,
  LinkStatus,
  PauseScope,
  SkipOrder,
} from "../../core/protection.ts";
import { requireSelection } from "../selection/require.ts";
import { Link } from "../link.ts";
import type { LinkEnds } from "../link-ends.ts";
import type { ProcessorOptions } from "../processor.ts";
import { ProcessorThread } from "../thread/host.ts";
import { within } from "../within.ts";
import { OrderFile, type Wish } from "./order-file.ts";

/** How long an orderly end may take. */
const patienceMs = 5_000;

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
export class Gateway implements LinkControl, LinkOperator {
  readonly #options: GatewayOptions;
  readonly #orders: OrderFile;
  #running: Running | undefined;
  #kept: Wish["failure"];
  /** Before, only what it is to do is changed. */
  #awake = false;
  #thread: ProcessorThread | undefined;
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
    await this.#oneByOne(async () => {
      await this.#wake();
      await this.#follow();
    }, signal);
  }

  /** What it follows; undefined when it was never told. */
  get order(): LinkOrder | undefined {
    return this.#orders.wish?.order;
  }

  status(): Promise<LinkStatus | undefined> {
    const wish = this.#orders.wish;
    if (wish === undefined) return Promise.resolve(undefined);
    return Promise.resolve(this.#running?.link.status() ?? restingStatus(wish));
  }

  start(order: LinkOrder, signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      await this.#wake();
      this.#refuse(order);
      const known = this.#orders.wish;
      requireSelection(order, (await this.#options.ends()).selection);
      // A pause is a person's word: only a person ends it.
      const kept = known?.order.stream === order.stream ? { paused: known.paused, skip: known.skip } : {};
      await this.#become({ order, mode: "run", ...defined(kept) }, this.#failed);
    }, signal);
  }

  /** Takes an order without following it: for when nothing runs. */
  keep(order: LinkOrder, signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      this.#refuse(order);
      await this.#orders.write({ order, mode: "run" });
    }, signal);
  }

  pause(scope: PauseScope, signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      const wish = this.#wishToRun();
      if (wish.paused === scope) return;
      await this.#orders.write({ ...wish, paused: scope });
      if (scope === "all") await this.#end();
      else if (this.#running === undefined) await this.#follow();
      else this.#running.link.pause();
    }, signal);
  }

  goOn(signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      const { order, mode, skip } = this.#wishToRun();
      await this.#orders.write({ order, mode, ...defined({ skip }) });
      if (this.#running === undefined || this.#failed) await this.#again();
      else this.#running.link.resume();
    }, signal);
  }

  skip(skip: SkipOrder, signal: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      const { order, mode, paused } = this.#wishToRun();
      refuseOther(skip, await this.status());
      await this.#orders.write({ order, mode, skip, ...defined({ paused }) });
      await this.#again();
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
      const { order, skip } = wish;
      await this.#become({ order, mode: "drain", ...defined({ skip }) });
      return this.#running;
    }, signal);
  }

  async reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#running === undefined) throw noOrder();
    await this.#running.link.reach(position, timeoutMs, signal);
  }

  /** For the end of the process: the order stays as it is. A call to somebody who does not answer is left behind, as a kill would leave it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.#last.then(() => this.#end());
    await within(patienceMs, over).catch((error: unknown) =>
      this.#options.logger.warn("the link was left as it was", { problem: messageOf(error) }),
    );
    await this.#thread?.[Symbol.asyncDispose]();
  }

  get #failed(): boolean {
    return this.#running?.link.status().state === "failed";
  }

  #wishToRun(): Wish {
    const { wish } = this.#orders;
    if (wish?.mode !== "run") throw noOrder();
    return wish;
  }

  async #wake(): Promise<void> {
    this.#awake = true;
    this.#thread ??= await ProcessorThread.start();
  }

  async #again(): Promise<void> {
    await this.#end();
    await this.#follow();
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
    await this.#again();
  }

  async #follow(): Promise<void> {
    const wish = this.#orders.wish;
    if (!this.#awake || wish === undefined || wish.mode === "stop" || wish.paused === "all") return;
    const { ends, clock, logger } = this.#options;
    const thread = this.#thread;
    const processor = thread && ((options: ProcessorOptions) => thread.processor(options));
    const { order, skip, paused } = wish;
    const to = await ends();
    requireSelection(order, to.selection);
    const link = await Link.open(
      {
        ...to,
        ...{ order, clock, logger, paused: paused !== undefined, ...defined({ skip, processor }) },
      },
      (status) => this.#keepFailure(status),
    );
    if (wish.mode === "drain") link.drain();
    const stop = new AbortController();
    // How it failed is in its status.
    const ended = link.run(stop.signal).catch(() => undefined);
    this.#running = { link, ended, stop };
  }

  /** Whoever looks when this process is gone is told as well. */
  #keepFailure({ stream, state, problem = "", remedy, stoppedAt }: LinkStatus): void {
    const wish = this.#orders.wish;
    const failure = { problem, ...defined({ remedy, stoppedAt }) };
    if (state !== "failed" || isDeepStrictEqual(failure, this.#kept)) return;
    this.#kept = failure;
    const keep = this.#last.then(async () => {
      const now = this.#orders.wish;
      if (now !== undefined && now === wish && now.order.stream === stream)
        await this.#orders.write({ ...now, failure });
    });
    this.#last = keep.catch((error: unknown) =>
      this.#options.logger.error("the failure could not be kept", { problem: messageOf(error) }),
    );
  }

  async #end(): Promise<void> {
    const running = this.#running;
    this.#kept = undefined;
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

/** What is known while nothing runs. */
function restingStatus({ order, paused, failure }: Wish): LinkStatus {
  const { stream, epoch } = order;
  const state = failure !== undefined ? "failed" : paused !== undefined ? "paused" : "stopped";
  return { stream, epoch, state, ...failure };
}

function refuseOther({ gtid }: SkipOrder, status: LinkStatus | undefined): void {
  const { state, stoppedAt } = status ?? {};
  if (state === "failed" && stoppedAt === gtid) return;
  const found =
    state === "failed" ? `it stopped at ${stoppedAt ?? "no transaction"}` : `it is ${state ?? "not there"}`;
  throw new HotsiteError(
    "not-stopped-there",
    `only the transaction at which the link stopped can be skipped, and ${found}`,
    {
      hint: "`hotsite replication status` shows where it stopped",
    },
  );
}

/** Without what is undefined. */
function defined<T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function noOrder(): HotsiteError {
  return new HotsiteError("no-link", "the gateway has no link running", {
    hint: "give it its order: the stream was never started, or was stopped",
  });
}
