import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Logger } from "../core/logger.ts";
import type { CopyStatus, LinkOrder, PreparedByXa, SkipOrder, SourceLag } from "../core/protection.ts";
import { beat } from "./heartbeat.ts";
import { pump, type Appended } from "./pump.ts";
import type { CopyProgress } from "./record.ts";
import { waitForRoom, type RoomOptions } from "./log/room.ts";
import { resumePoint } from "./resume.ts";
import type { Selection } from "./selection/selection.ts";
import type { SourceOptions } from "./source.ts";
import { watchSource, type Reached } from "./source-watch.ts";

export interface FeederOptions {
  readonly source: SourceOptions;
  readonly log: Log;
  readonly order: LinkOrder;
  /** What is replicated. */
  readonly databases: readonly string[];
  /** What of them travels, and their names at the target; without it all, under their own. */
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A transaction to leave out. */
  readonly skip?: SkipOrder;
  /** The last record that the target has, where that is known: up to it a full log is trimmed. */
  readonly applied?: () => number | undefined;
  readonly onStatus?: (status: FeederStatus) => void;
  /** Every few seconds. */
  readonly onSourceLag?: (lag: SourceLag) => void;
}

export interface FeederStatus {
  readonly state: "connecting" | "copying" | "streaming";
  /** GTID position of the source up to which everything is in the log. */
  readonly received?: string;
  readonly sequence?: number;
  readonly copy?: CopyStatus;
  /** Prepared at the source by XA, and undecided at that position. */
  readonly prepared?: readonly PreparedByXa[];
  /** Why the source cannot be read at the moment. */
  readonly problem?: string;
  /** Why nothing is read from the source until the log has room again. */
  readonly full?: string;
}

const firstWaitMs = 200;
const longestWaitMs = 5_000;
const copyWaits =
  "the first copy waits for XA COMMIT or XA ROLLBACK of what was prepared at the source before it";

/**
 * Reads the source's binlog and puts its transactions into the log, after a first copy where one is ordered. The log's tail is all that it
 * knows of before, so it may be killed at any moment.
 */
export class Feeder {
  readonly #options: FeederOptions;
  #copyRestarts = 0;
  #status: FeederStatus = { state: "connecting" };
  #copyBegan: { readonly ms: number; readonly rows: number } | undefined;
  /** The schema was changed while the first copy ran: it begins again with what the source has now. */
  #copyAnew = false;
  #waitMs = firstWaitMs;

  constructor(options: FeederOptions) {
    this.#options = options;
  }

  /** Resolves when the signal is aborted. Connects again after whatever passes by itself; rejects on anything that needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await this.#once(signal);
      } catch (error) {
        if (stopped()) return;
        if (!(error instanceof HotsiteError)) throw error;
        const copyAnew = error.code === "schema-changed";
        if (!error.retryable && !copyAnew) throw error;
        this.#copyAnew ||= copyAnew;
        if (copyAnew) this.#beginsAgain();
        await this.#wait(error, signal);
      }
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    const { log, order, source, clock, logger } = this.#options;
    const found = await resumePoint(log, order);
    const resume = this.#copyAnew
      ? { next: found.next, position: undefined, unfinished: found.unfinished }
      : found;
    let reached: Reached | undefined;
    const onAppended = (appended: Appended): void => {
      const { position } = appended;
      reached = appended.reached && { ...appended.reached, position };
      this.#appended(appended);
    };
    const room = (unfinished: boolean, until: AbortSignal): Promise<void> =>
      waitForRoom({ log, clock, ...this.#room }, unfinished, until);
    const onSeen = (lag: SourceLag): void => this.#options.onSourceLag?.(lag);
    await together(
      [
        (until) => pump({ ...this.#options, room, onAppended }, resume, until),
        (until) => beat(source, { clock, logger }, until),
        (until) => watchSource({ source, clock, reached: () => reached, onSeen }, until),
      ],
      signal,
    );
  }

  get #room(): Pick<RoomOptions, "applied" | "onFull"> {
    const { logger, order, applied = () => undefined } = this.#options;
    const onFull = (full: string | undefined): void => {
      logger.warn(full ?? "the log has room again", { stream: order.stream });
      const { full: _, ...status } = this.#status;
      this.#report(full === undefined ? status : { ...status, full });
    };
    return { applied, onFull };
  }

  #appended({ position: received, sequence, copy, prepared, waitsFor }: Appended): void {
    this.#waitMs = firstWaitMs;
    if (this.#copyAnew) [this.#copyAnew, this.#copyBegan] = [false, undefined];
    const state = copy === undefined ? "streaming" : "copying";
    this.#report({
      ...{ state, received, sequence, prepared },
      ...(copy !== undefined && { copy: this.#speed(copy) }),
      ...(waitsFor.length > 0 && { problem: `${copyWaits}: ${waitsFor.slice(0, 5).join("; ")}` }),
    });
  }

  #beginsAgain(): void {
    const { copy = { rows: 0, totalRows: 0, rowsPerSecond: 0 } } = this.#status;
    this.#copyRestarts += 1;
    this.#status = { ...this.#status, copy: { ...copy, restarts: this.#copyRestarts } };
  }

  #speed({ rows, totalRows }: CopyProgress): CopyStatus {
    const now = this.#options.clock.now();
    this.#copyBegan ??= { ms: now, rows };
    const seconds = (now - this.#copyBegan.ms) / 1000;
    const rowsPerSecond = seconds > 0 ? Math.round((rows - this.#copyBegan.rows) / seconds) : 0;
    const restarts = this.#copyRestarts;
    return { rows, totalRows: Math.max(rows, totalRows), rowsPerSecond, ...(restarts > 0 && { restarts }) };
  }

  async #wait({ code, message: problem }: HotsiteError, signal: AbortSignal): Promise<void> {
    const { logger, clock, order } = this.#options;
    logger.warn("feeding is tried again", { stream: order.stream, code, problem });
    this.#report({ ...this.#status, state: "connecting", problem });
    await clock.sleep(this.#waitMs, signal).catch(() => undefined);
    this.#waitMs = Math.min(2 * this.#waitMs, longestWaitMs);
  }

  #report(status: FeederStatus): void {
    this.#status = status;
    this.#options.onStatus?.(status);
  }
}

/** Runs all until the first one ends, then ends the others. Rejects as the first one that failed. */
async function together(
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    works.map(async (work) => {
      await work(until).catch((error: unknown) => failures.push(error));
      over.abort();
    }),
  );
  if (failures.length > 0) throw failures[0];
}
