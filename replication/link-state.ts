import type { Clock } from "../core/clock.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { LogKeeping, LogSpace } from "../core/log.ts";
import type { LinkOrder, LinkStatus, PreparedByXa, SourceLag } from "../core/protection.ts";
import type { Applied } from "./checkpoint.ts";
import type { FeederStatus } from "./feeder.ts";
import { warningsOf } from "./link-warnings.ts";
import { LogMeter } from "./log/metered.ts";
import type { RecordBatch } from "./record.ts";

/** The source writes one each second. */
const heartbeatEveryMs = 1000;

const whenFull =
  "it goes on by itself once the target has applied some; nothing is lost as long as the source keeps its binlog";

/** What is known of a running link, put together from its parts. */
export class LinkState {
  readonly meter = new LogMeter();
  readonly #space: LogSpace | undefined;
  readonly #order: LinkOrder;
  readonly #clock: Clock;
  readonly #onStatus: ((status: LinkStatus) => void) | undefined;
  #feeder: FeederStatus = { state: "connecting" };
  #applied: Applied | undefined;
  #heartbeat: { readonly writtenMs: number; readonly lagMs: number } | undefined;
  #trouble: string | undefined;
  readonly #failures: Error[] = [];
  #ended = false;
  #paused = false;
  #source: SourceLag | undefined;
  #keeping: LogKeeping | undefined;

  constructor(
    { order, clock, space }: { order: LinkOrder; clock: Clock; space?: LogSpace | undefined },
    onStatus?: (status: LinkStatus) => void,
  ) {
    this.#space = space;
    this.#order = order;
    this.#clock = clock;
    this.#onStatus = onStatus;
  }

  /** The last record that the target has. */
  get sequence(): number | undefined {
    return this.#applied?.sequence;
  }

  get failure(): Error | undefined {
    return this.#failures[0];
  }

  /** What the log held already; the feeder may have found more meanwhile. */
  received({ position, prepared = [] }: RecordBatch, sequence: number): void {
    if (sequence < (this.#feeder.sequence ?? 0)) return;
    this.meter.opened(sequence);
    this.#feeder = { ...this.#feeder, received: position, sequence, prepared };
  }

  feeder(status: FeederStatus): void {
    const { received, sequence, prepared } = this.#feeder;
    this.#feeder = { received, sequence, prepared, ...status };
    this.#tell();
  }

  applied(applied: Applied, heartbeatMs: number | undefined): void {
    this.#applied = applied;
    this.meter.applied(applied.sequence);
    if (heartbeatMs !== undefined)
      this.#heartbeat = { writtenMs: heartbeatMs, lagMs: Math.max(0, this.#clock.now() - heartbeatMs) };
    this.#tell();
  }

  trouble(problem: string | undefined): void {
    this.#trouble = problem;
    this.#tell();
  }

  failed(error: unknown): void {
    this.#failures.push(error instanceof Error ? error : new Error(messageOf(error)));
    this.#tell();
  }

  source(lag: SourceLag): void {
    this.#source = lag;
    this.#tell();
  }

  keeping(keeping: LogKeeping): void {
    this.#keeping = keeping;
    this.#tell();
  }

  paused(paused: boolean): void {
    this.#paused = paused;
    this.#tell();
  }

  draining(): void {
    this.#feeder = { ...this.#feeder, state: "connecting", problem: undefined };
    this.#tell();
  }

  stopped(): void {
    this.#ended = true;
    this.#tell();
  }

  status(): LinkStatus {
    const { stream, epoch } = this.#order;
    const { received, sequence: read, copy, prepared = [] } = this.#feeder;
    const { position, sequence } = this.#applied ?? {};
    return {
      stream,
      epoch,
      state: this.#stage(),
      ...present("problem", this.#problem()),
      ...present("remedy", this.#remedy()),
      ...present("stoppedAt", this.#stoppedAt()),
      ...present("received", received),
      ...present("applied", position === "" ? undefined : position),
      ...present("sequence", sequence),
      ...present("behindTransactions", behind(read, sequence)),
      ...(this.#ended ? {} : this.#log()),
      ...present("log", this.#logSize()),
      ...present("source", this.#ended ? undefined : this.#source),
      ...present("lagSeconds", this.#lagSeconds()),
      ...present("copy", this.#copying() ? copy : undefined),
      ...(prepared.length > 0 && { prepared: prepared.map(shown) }),
    };
  }

  #stage(): LinkStatus["state"] {
    if (this.#failures.length > 0) return "failed";
    if (this.#ended) return "stopped";
    if (this.#paused) return "paused";
    if (this.#copying()) return "copying";
    return this.#feeder.state === "streaming" && this.#trouble === undefined ? "streaming" : "starting";
  }

  /** Until the target has applied the end of the copy, whatever the feeder does. */
  #copying(): boolean {
    return this.#order.begin === "copy" && this.#applied?.position === "";
  }

  #problem(): string | undefined {
    const [failure] = this.#failures;
    const { problem, full } = this.#feeder;
    return failure === undefined ? (this.#trouble ?? problem ?? full) : failure.message;
  }

  #remedy(): string | undefined {
    const { failure } = this;
    if (failure === undefined) return this.#feeder.full === undefined ? undefined : whenFull;
    return failure instanceof HotsiteError ? failure.hint : undefined;
  }

  #stoppedAt(): string | undefined {
    const gtids = this.#failures.map((error) =>
      error instanceof HotsiteError ? error.details["gtid"] : undefined,
    );
    return gtids.find((gtid) => typeof gtid === "string");
  }

  /** A heartbeat that does not come makes it grow. */
  #lagSeconds(): number | undefined {
    if (this.#heartbeat === undefined) return undefined;
    const { writtenMs, lagMs } = this.#heartbeat;
    return Math.max(lagMs, this.#clock.now() - writtenMs - heartbeatEveryMs) / 1000;
  }

  /** What is known of the log while it is open. */
  #log(): Partial<LinkStatus> {
    const { bytes, sinceMs, appends } = this.meter;
    const waited = sinceMs === undefined ? 0 : Math.max(0, this.#clock.now() - sinceMs) / 1000;
    const warnings = warningsOf(this.#source, this.#keeping, this.#copying() ? this.#feeder.copy : undefined);
    return {
      ...present("behindBytes", bytes),
      ...present("behindSeconds", bytes === undefined ? undefined : waited),
      appends,
      ...present("logRetentionSeconds", this.#keeping?.retentionSeconds),
      ...(warnings.length > 0 && { warnings }),
    };
  }

  #logSize(): LinkStatus["log"] {
    if (this.#space === undefined || this.#ended) return undefined;
    const { bytes, limitBytes } = this.#space;
    return { bytes, limitBytes, full: this.#feeder.full !== undefined };
  }

  #tell(): void {
    this.#onStatus?.(this.status());
  }
}

function shown({ xid, gtid, preparedMs }: PreparedByXa): PreparedByXa {
  return { xid, gtid, preparedMs };
}

function behind(read: number | undefined, applied: number | undefined): number | undefined {
  return read === undefined || applied === undefined ? undefined : Math.max(0, read - applied);
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
