import type { Origin } from "./position.ts";

/** Who may write, as the witness holds it. */
export interface Authority {
  /** Grows at every change; a write with a smaller one is refused. */
  readonly epoch: number;
  /** The one site whose database may be writable; null while nobody may (in the middle of a change). */
  readonly writer: string | null;
}

/** The third place that decides who may write; lives in neither site. */
export interface Witness {
  /** Throws a retryable "unreachable" when the witness cannot be asked. */
  authority(signal: AbortSignal): Promise<Authority>;
  /** Compare-and-set: throws `StaleEpochError` unless the witness is still at `expected`. Granting what holds already changes nothing. */
  grant(next: Authority, expected: Authority, signal: AbortSignal): Promise<void>;
}

/** What a database server says of itself. Positions are GTID texts, see `position.ts`. */
export interface DatabaseState {
  readonly writable: boolean;
  /** Everything in its binlog. */
  readonly position: string;
  /** Whose writes are its own: MariaDB's GTID domain, MySQL's server UUID. */
  readonly origin: Origin;
}

/** What has been applied of a stream, read from the target database itself. */
export interface Checkpoint {
  readonly stream: string;
  readonly epoch: number;
  /** Sequence number of the last record applied. */
  readonly sequence: number;
  /** Everything of the source that is in the target. */
  readonly position: string;
}

/** What a person decides on a transaction that XA has prepared. */
export interface XaDecision {
  /** As it is listed: `X'61',X'622763',7`. */
  readonly xid: string;
  readonly decision: "commit" | "roll back";
  readonly reason: string;
  readonly by: string;
}

/** The role of one site's database: read, freeze, promote. All methods are repeatable. */
export interface DatabaseControl {
  readonly site: string;
  state(signal: AbortSignal): Promise<DatabaseState>;
  /** Read-only, with the connections of applications ended; gives the last position written. */
  freeze(signal: AbortSignal): Promise<string>;
  /** Writable under this epoch, which is recorded in the database; throws `StaleEpochError` when it has seen a newer one. */
  promote(epoch: number, signal: AbortSignal): Promise<string>;
  /**
   * What it writes itself is numbered after everything of its origin in `position`: a server that was replaced or set back would give
   * numbers away a second time, and whoever has them already refuses those.
   */
  numberAfter(position: string, signal: AbortSignal): Promise<void>;
  /** Undefined when nothing was ever applied. */
  checkpoint(signal: AbortSignal): Promise<Checkpoint | undefined>;
  /** The ids of what XA has prepared here and nobody has decided on, as statements take them. It keeps its locks through restarts. */
  undecided(signal: AbortSignal): Promise<readonly string[]>;
  /** Who decides, when and why is kept in `hotsite.decided` here. Throws `HotsiteError` "not-prepared" when there is nothing to decide on. */
  decide(decision: XaDecision, signal: AbortSignal): Promise<void>;
}

/** Which way and under which epoch a link runs. */
export interface LinkOrder {
  /** `petclinic/db/7`: application, service and epoch. A new epoch is a new stream, whose sequence starts at 1. */
  readonly stream: string;
  readonly epoch: number;
  readonly from: string;
  readonly to: string;
  /** The source's position from which to stream. */
  readonly start: string;
  /** `copy` replaces the target's data by a first copy; `stream` relies on it being equal at `start`. */
  readonly begin: "copy" | "stream";
  /** What of the databases travels, in one form for each selection: the stream has nothing else, and everything of this. Absent: all. */
  readonly selection?: string;
}

/** How far the log is behind the source, looked at every few seconds. */
export interface SourceLag {
  /** Bytes of the source's binlog that are not in the log yet, and its own transactions. */
  readonly behindBytes?: number;
  readonly behindTransactions?: number;
  /** How old what was read last is, while there is more; else 0. */
  readonly behindSeconds?: number;
  /** Until the source may throw away what is not in the log yet; absent where it never does by age. */
  readonly retentionSeconds?: number;
  /** The source's clock minus that of whoever measures. */
  readonly clockOffsetSeconds?: number;
}

/** How a log takes what it is given. */
export interface LogAppends {
  readonly count: number;
  /** All of them together; its growth over that of `count` is how long one takes. */
  readonly seconds: number;
  /** Those that were refused or not answered, and tried again. */
  readonly failed: number;
}

export interface LinkStatus {
  readonly stream: string;
  readonly epoch: number;
  readonly state: "stopped" | "starting" | "copying" | "streaming" | "paused" | "failed";
  /** Why it failed, with its position, or what is tried again. */
  readonly problem?: string;
  /** What to do about the problem. */
  readonly remedy?: string;
  /** GTID of the source's transaction at which it failed. */
  readonly stoppedAt?: string;
  /** Source position up to which everything is in the log, and in the target. */
  readonly received?: string;
  readonly applied?: string;
  readonly sequence?: number;
  /** Records in the log that are not applied yet. */
  readonly behindTransactions?: number;
  /** The same in bytes, and for how long the oldest of them has been in the log; unknown while there are some of an earlier process. */
  readonly behindBytes?: number;
  readonly behindSeconds?: number;
  /** How the log takes what it is given, since the process started. */
  readonly appends?: LogAppends;
  /** Until the brokers may throw away records that are needed; absent where they never do. */
  readonly logRetentionSeconds?: number;
  /** What would go wrong if nobody did anything, each with what to do. */
  readonly warnings?: readonly string[];
  /** Of a log that is kept on the gateway's own disk; while it is full nothing is read from the source. */
  readonly log?: { readonly bytes: number; readonly limitBytes: number; readonly full: boolean };
  readonly source?: SourceLag;
  /** Seconds between a heartbeat's writing at the source and its commit at the target; grows while none arrives. */
  readonly lagSeconds?: number;
  readonly copy?: CopyStatus;
  /** What the source has prepared by XA and nobody has decided on, as of `received`: its rows are not in the target. Absent without any. */
  readonly prepared?: readonly PreparedByXa[];
}

/** A first copy while it runs. */
export interface CopyStatus {
  readonly rows: number;
  /** As the source estimates them. */
  readonly totalRows: number;
  readonly rowsPerSecond: number;
  /** How often this process has begun it again, because the schema was changed meanwhile; absent: never. */
  readonly restarts?: number;
}

/** Until it is committed or rolled back at the source. */
export interface PreparedByXa {
  /** As statements take it: `X'61',X'622763',7`. */
  readonly xid: string;
  /** Under which it was prepared. */
  readonly gtid: string;
  readonly preparedMs: number;
}

/** The gateway of the recovery site, which pulls the source's binlog, keeps the log and applies it. All methods are repeatable. */
export interface LinkControl {
  /** Where the gateway runs: the link's `to`. */
  readonly site: string;
  /** Undefined when it has no order. */
  status(signal: AbortSignal): Promise<LinkStatus | undefined>;
  /** Replaces the order; throws `StaleEpochError` when the gateway has seen a newer epoch. */
  start(order: LinkOrder, signal: AbortSignal): Promise<void>;
  /** Applies what the log holds, then ends; nothing more is pulled. Gives the position applied. */
  drain(timeoutMs: number, signal: AbortSignal): Promise<string>;
  /** Resolves once everything up to `position` is applied; throws a retryable "timeout". */
  reach(position: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  stop(signal: AbortSignal): Promise<void>;
}

/** A transaction that a person has decided to leave out. */
export interface SkipOrder {
  readonly gtid: string;
  readonly reason: string;
  readonly by: string;
}

/** `applying`: what the source commits still reaches the log. `all`: nothing is read from it either. */
export type PauseScope = "applying" | "all";

/** What a person does with a link, beside its roles. Everything survives a restart of whatever runs it. */
export interface LinkOperator {
  /** Repeatable; roles may change meanwhile, and draining applies what the log holds all the same. */
  pause(scope: PauseScope, signal: AbortSignal): Promise<void>;
  /** Ends a pause, and starts again what had failed. Repeatable. */
  goOn(signal: AbortSignal): Promise<void>;
  /**
   * Goes on without one transaction, which is kept in `hotsite.skipped` at the target in the same commit as the position after it. Throws
   * `HotsiteError` "not-stopped-there" unless the link has failed at exactly this one.
   */
  skip(order: SkipOrder, signal: AbortSignal): Promise<void>;
}
