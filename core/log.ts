import type { Fault } from "./errors.ts";

/** Many source transactions of one stream, as the log keeps them. */
export interface LogBatch {
  readonly stream: string;
  /** Of the primary that the transactions come from; never falls within a stream's log. */
  readonly epoch: number;
  /** Sequence numbers of the first and the last record inside; dense over the whole stream, from 1. */
  readonly first: number;
  readonly last: number;
  /** Encoded and compressed records; the log does not look inside. */
  readonly payload: Uint8Array;
}

/** What a log that is kept on this computer needs of it. */
export interface LogSpace {
  /** What it keeps now, and at most should. */
  readonly bytes: number;
  readonly limitBytes: number;
  /**
   * Why nothing should be appended now, in words for a person; undefined while there is room. Within an `unfinished` transaction, which has
   * to be in the log as a whole before it can be applied, only the disk counts.
   */
  full(unfinished: boolean): Promise<string | undefined>;
}

/** Whether what a log holds is safe from those who keep it for us. */
export interface LogKeeping {
  /** Until the oldest record may be thrown away; absent when none ever is by age. */
  readonly retentionSeconds?: number;
  /** What is not as it has to be, each with what mends it. */
  readonly faults: readonly Fault[];
}

/** The durable, ordered log of one stream between feeder and processor. Every implementation passes `test/replication/log-contract.ts`. */
export interface Log extends AsyncDisposable {
  /** What is appended crosses a network: payloads should be small. */
  readonly remote?: true;
  /** Absent where others see to its space: at brokers. */
  readonly space?: LogSpace;
  /** Absent where nobody else can throw away what it holds. Asked now and then; mends what it may. */
  readonly keeping?: () => Promise<LogKeeping>;
  /**
   * Durable when it resolves; all or nothing. Gives the sequence number of the last record. Throws `StaleEpochError` when a newer
   * epoch has written, and `HotsiteError` "log-gap" or "log-duplicate" when `first` is not the tail's `last` + 1, and a
   * retryable "log-full" when its disk has no room.
   */
  append(batch: LogBatch): Promise<number>;
  /** Batches in order from the one that holds record `from`, then new ones as they come, until the signal is aborted. Throws `HotsiteError` "log-trimmed" when `from` is no longer kept. */
  read(from: number, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** The last batch; undefined when nothing was ever written. */
  tail(): Promise<LogBatch | undefined>;
  /** Lets go of batches whose `last` is at most `upTo`; the tail is always kept. */
  trim(upTo: number): Promise<void>;
}
