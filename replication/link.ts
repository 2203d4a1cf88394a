import type { Clock } from "../core/clock.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { Log, LogKeeping } from "../core/log.ts";
import type { Logger } from "../core/logger.ts";
import { includesPosition, parsePosition } from "../core/position.ts";
import type { LinkOrder, LinkStatus, SkipOrder } from "../core/protection.ts";
import { waitFor } from "../core/wait.ts";
import { decodeBatch } from "./batch.ts";
import { Feeder } from "./feeder.ts";
import { LinkState } from "./link-state.ts";
import { metered } from "./log/metered.ts";
import { watchLog } from "./log/watch.ts";
import { Pause } from "./pause.ts";
import { Processor, type Applying, type ProcessorOptions } from "./processor.ts";
import type { Selection } from "./selection/selection.ts";
import type { SourceOptions } from "./source.ts";
import type { TargetOptions } from "./target.ts";
import { unlessItPasses, within } from "./within.ts";

export interface LinkOptions {
  readonly order: LinkOrder;
  readonly source: SourceOptions;
  readonly target: TargetOptions;
  /** What is replicated. */
  readonly databases: readonly string[];
  /** What of them travels, and their names at the target; without it all, under their own. */
  readonly selection?: Selection;
  /** Opens the stream's log; the link closes it. */
  readonly openLog: (stream: string) => Promise<Log>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes what applies; without it that shares the thread with what reads. */
  readonly processor?: (options: ProcessorOptions) => Applying;
  /** A transaction to leave out. */
  readonly skip?: SkipOrder;
  /** Nothing is applied until `resume`. */
  readonly paused?: boolean;
}

/** Looking again costs a comparison of two short texts. */
const lookMs = 5;

/** Brokers that do not answer keep nobody waiting: what the log has is told once it is known. */
const tailMs = 2_000;

/** Runs a link until the signal ends. Rejects when feeder or processor needs a person, with the other one ended. */
export async function runLink(
  options: LinkOptions,
  onStatus: (status: LinkStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  const link = await Link.open(options, onStatus);
  await link.run(signal);
}

/** Feeder, log and processor of one stream in this process. */
export class Link {
  readonly #options: LinkOptions;
  readonly #log: Log;
  readonly #state: LinkState;
  readonly #pulling = new AbortController();
  readonly #pause: Pause;

  private constructor(options: LinkOptions, log: Log, state: LinkState) {
    this.#options = options;
    this.#log = log;
    this.#state = state;
    this.#pause = new Pause(options.paused === true);
    this.#state.paused(this.#pause.on);
  }

  static async open(options: LinkOptions, onStatus?: (status: LinkStatus) => void): Promise<Link> {
    const { order, clock } = options;
    const log = await options.openLog(order.stream);
    try {
      const state = new LinkState({ order, clock, space: log.space }, onStatus);
      const told = log.tail().then((tail) => {
        if (tail !== undefined) state.received(decodeBatch(tail.payload), tail.last);
      });
      await within(tailMs, told).catch(unlessItPasses);
      return new Link(options, log, state);
    } catch (error) {
      await log[Symbol.asyncDispose]();
      throw error;
    }
  }

  status(): LinkStatus {
    return this.#state.status();
  }

  /**
   * Pulls and applies until the signal ends, or until everything is applied after `drain`. Each of the two goes on when the other one has
   * failed: what is in the log is safe, and what is in it can be applied. Both go on without the look at the log's settings. Rejects when
   * all have ended and one had failed.
   */
  async run(signal: AbortSignal): Promise<void> {
    const pulling = AbortSignal.any([signal, this.#pulling.signal]);
    const over = new AbortController();
    const watched = this.#noted(this.#watchLog(AbortSignal.any([signal, over.signal])));
    try {
      const fed = this.#noted(this.#feed(pulling));
      const applied = this.#noted(this.#apply(pulling, fed, signal));
      await Promise.all([fed, applied]);
    } finally {
      over.abort();
      await watched;
      this.#state.stopped();
      await this.#log[Symbol.asyncDispose]();
    }
    const { failure } = this.#state;
    if (failure !== undefined) throw failure;
  }

  /** Nothing is applied until `resume`; what the source commits still reaches the log. */
  pause(): void {
    this.#pause.begin();
    this.#state.paused(true);
  }

  resume(): void {
    this.#pause.end();
    this.#state.paused(false);
  }

  /** Nothing more is pulled; `run` ends when what the log holds is applied. */
  drain(): void {
    this.resume();
    this.#state.draining();
    this.#pulling.abort();
  }

  /** Resolves once everything up to `position` is applied; throws a retryable "timeout". */
  async reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    const wanted = parsePosition(position);
    const look = (): Promise<true | undefined> => {
      const { applied, state, problem } = this.status();
      if (includesPosition(parsePosition(applied ?? ""), wanted)) return Promise.resolve(true);
      if (state === "failed") throw new HotsiteError("link-failed", problem ?? "the link has failed");
      return Promise.resolve(undefined);
    };
    const what = `${this.#options.order.stream} to reach ${position}`;
    await waitFor(look, { timeoutMs, intervalMs: lookMs, what, clock: this.#options.clock }, signal);
  }

  #feed(signal: AbortSignal): Promise<void> {
    const feeder = new Feeder({
      ...this.#options,
      log: metered(this.#log, this.#state.meter, this.#options.clock),
      applied: () => this.#state.sequence,
      onStatus: (status) => this.#state.feeder(status),
      onSourceLag: (lag) => this.#state.source(lag),
    });
    return feeder.run(signal);
  }

  #watchLog(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const onSeen = (keeping: LogKeeping): void => this.#state.keeping(keeping);
    return watchLog({ log: this.#log, clock, logger, onSeen }, signal);
  }

  async #apply(pulling: AbortSignal, fed: Promise<void>, signal: AbortSignal): Promise<void> {
    const { target, order, clock, logger, skip } = this.#options;
    const make = this.#options.processor ?? ((own: ProcessorOptions) => new Processor(own));
    const processor = make({
      ...{ target, order, clock, logger, log: this.#log, ...(skip !== undefined && { skip }) },
      onApplied: (applied, heartbeatMs) => this.#state.applied(applied, heartbeatMs),
      onTrouble: (problem) => this.#state.trouble(problem),
    });
    while (!pulling.aborted) {
      await this.#pause.over(pulling);
      await processor.run(AbortSignal.any([pulling, this.#pause.signal]));
    }
    await fed;
    const end = await this.#end(signal);
    if (end !== undefined) await processor.run(signal, end);
  }

  /** Number of the log's last record, asked until the log answers; undefined when the signal ends before. */
  async #end(signal: AbortSignal): Promise<number | undefined> {
    const { clock, order } = this.#options;
    const wait = { timeoutMs: Infinity, what: `the log of ${order.stream}`, clock };
    const last = async (): Promise<number> => (await this.#log.tail())?.last ?? 0;
    return waitFor(last, wait, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
  }

  async #noted(work: Promise<void>): Promise<void> {
    const { logger, order } = this.#options;
    await work.catch((error: unknown) => {
      logger.error("the link has failed", { stream: order.stream, problem: messageOf(error) });
      this.#state.failed(error);
    });
  }
}
