import type { Clock } from "../core/clock.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { Log, LogBatch } from "../core/log.ts";
import type { Logger } from "../core/logger.ts";
import type { LinkOrder, SkipOrder } from "../core/protection.ts";
import { Applier } from "./applier.ts";
import { ApplyError } from "./apply-error.ts";
import { openCheckpoint, readFacts, type Applied } from "./checkpoint.ts";
import { endForsaken, markWriter } from "./forsaken.ts";
import { guardTriggers } from "./guard-programs.ts";
import { identityOf } from "./identity.ts";
import { requireQuietEvents } from "./quiet-events.ts";
import { UnguardedError } from "./target-tables.ts";
import { readLogged } from "./logged-batch.ts";
import { Target, type TargetOptions } from "./target.ts";

/** What a processor needs of a log. */
export interface ProcessorLog extends Pick<Log, "read" | "trim"> {
  tail(): Promise<Pick<LogBatch, "last"> | undefined>;
}

/** A processor, wherever it runs. */
export type Applying = Pick<Processor, "run">;

export interface ProcessorOptions {
  readonly target: TargetOptions;
  readonly log: ProcessorLog;
  readonly order: LinkOrder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A transaction to leave out. */
  readonly skip?: SkipOrder;
  /** At the start and after each commit. `heartbeatMs` is the newest heartbeat of the source inside. */
  readonly onApplied?: (applied: Applied, heartbeatMs: number | undefined) => void;
  /** A problem that is retried, and undefined when it is over. */
  readonly onTrouble?: (problem: string | undefined) => void;
}

/** Waits between attempts: soon at first, since most troubles are short. */
const retryMs = [50, 100, 200, 500, 1000, 2000];
/** Payload of the log that is applied in one transaction when there is a backlog. */
const groupBytes = 1024 * 1024;
const trimEveryMs = 10_000;

/** Applies one stream of the log to the target: each transaction once, in order. One at a time runs; a second one waits or stops. */
export class Processor {
  readonly #options: ProcessorOptions;
  #applied: Applied | undefined;
  #failures = 0;
  /** Until here one statement at a time, to name the one that failed in a group. */
  #carefulUntil = 0;
  #trimmedMs = 0;
  /** The checkpoint after which the log had nothing any more. */
  #missedAfter: number | undefined;
  /** The database whose triggers have to be guarded before anything is applied, and those of which they were. */
  #toGuard: string | undefined;
  readonly #guarded = new Set<string>();

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  /**
   * Applies until the signal ends, or until the log's record `until` when it is given. What passes by itself is retried for ever.
   * Throws when the target differs from what the stream says, or may not be written under this epoch any more.
   */
  async run(signal: AbortSignal, until = Infinity): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#connected(until, signal);
        return;
      } catch (error) {
        if (isOver(signal)) return;
        await this.#afterFailure(error, signal);
      }
    }
  }

  async #afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger, order, onTrouble } = this.#options;
    if (error instanceof UnguardedError && !this.#guarded.has(error.database)) {
      this.#toGuard = error.database;
      return;
    }
    if (isTrimmed(error) && this.#missedAfter !== this.#applied?.sequence) {
      // Another processor of the stream may have moved the checkpoint since it was read, and the log is trimmed by it: looking again tells.
      this.#missedAfter = this.#applied?.sequence;
      return;
    }
    if (error instanceof ApplyError && error.sequence > this.#carefulUntil) {
      logger.warn("applying one statement at a time", { stream: order.stream, problem: error.message });
      this.#carefulUntil = error.sequence;
      return;
    }
    if (!(error instanceof HotsiteError && error.retryable)) throw error;
    onTrouble?.(messageOf(error));
    logger.warn("applying is retried", { stream: order.stream, problem: error.message });
    const wait = retryMs[Math.min(this.#failures, retryMs.length - 1)] ?? 0;
    this.#failures += 1;
    await clock.sleep(wait, signal).catch(() => undefined);
  }

  async #connected(until: number, signal: AbortSignal): Promise<void> {
    const { target: server, order, log, skip } = this.#options;
    await using target = await Target.open(server, signal);
    await endForsaken(target, order);
    await markWriter(target, order);
    const start = await openCheckpoint(target, order);
    const tail = (await log.tail())?.last ?? 0;
    if (tail < start.sequence) throw logBehind(order, tail, start);
    await requireQuietEvents(target);
    this.#reached(start, undefined);
    await this.#guard(target);
    await using applier = await Applier.open(target, start, {
      ...{ order, ...(skip !== undefined && { skip }) },
      connect: () => this.#beside(signal),
      careful: () => (this.#applied?.sequence ?? 0) < this.#carefulUntil,
      onApplied: (applied, heartbeatMs) => this.#reached(applied, heartbeatMs),
    });
    if (start.sequence < until) await this.#apply(applier, start.sequence + 1, until, signal);
  }

  /** Another connection that writes under the same order. */
  async #beside(signal: AbortSignal): Promise<Target> {
    const target = await Target.open(this.#options.target, signal);
    try {
      await markWriter(target, this.#options.order);
      return target;
    } catch (error) {
      await target[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A primary that follows another one now has triggers of its own. */
  async #guard(target: Target): Promise<void> {
    const database = this.#toGuard;
    if (database === undefined) return;
    await guardTriggers(target, identityOf(await readFacts(target)), database);
    this.#guarded.add(database);
    this.#toGuard = undefined;
  }

  async #apply(applier: Applier, from: number, until: number, signal: AbortSignal): Promise<void> {
    const { log, order } = this.#options;
    let next = from;
    let bytes = 0;
    for await (const logged of log.read(from, signal)) {
      refuseForeign(order, logged, next);
      const batch = readLogged(logged);
      await applier.take(batch, next);
      next = logged.last + 1;
      bytes += logged.payload.length;
      const more = ((await log.tail())?.last ?? 0) >= next && next <= until;
      if (more && bytes < groupBytes) continue;
      await applier.endBatch(batch);
      bytes = 0;
      if (!more) await applier.drained();
      await this.#trim();
      if (next > until) return;
    }
  }

  #reached(applied: Applied, heartbeatMs: number | undefined): void {
    this.#applied = applied;
    if (this.#failures > 0) this.#options.onTrouble?.(undefined);
    this.#failures = 0;
    this.#options.onApplied?.(applied, heartbeatMs);
  }

  async #trim(): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#applied === undefined || clock.now() < this.#trimmedMs + trimEveryMs) return;
    this.#trimmedMs = clock.now();
    await log.trim(this.#applied.sequence);
  }
}

/** It may end during any await, which the compiler does not see. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isTrimmed(error: unknown): boolean {
  return error instanceof HotsiteError && error.code === "log-trimmed";
}

function refuseForeign(order: LinkOrder, { stream, epoch, first, last }: LogBatch, next: number): void {
  if (stream !== order.stream || epoch !== order.epoch) {
    throw new HotsiteError(
      "bad-record",
      `${order.stream}: the log holds ${stream} of epoch ${epoch}, not of epoch ${order.epoch}`,
    );
  }
  if (first > next || last < next) {
    throw new HotsiteError(
      "log-gap",
      `${order.stream}: record ${next} is missing: the log gave ${first}–${last}`,
      {
        hint: "make a new first copy",
      },
    );
  }
}

/** Numbers of records are given by the feeder as it reads: a log that was emptied would give old numbers to other transactions. */
function logBehind({ stream }: LinkOrder, tail: number, { sequence }: Applied): HotsiteError {
  return new HotsiteError(
    "log-lost",
    `${stream}: the target has record ${sequence}, the log ends at ${tail}: the log was lost`,
    { hint: "start a new stream with a first copy: hotsite reprotect" },
  );
}
