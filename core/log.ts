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

/** The durable, ordered log of one stream between feeder and processor. Every implementation passes `test/replication/log-contract.ts`. */
export interface Log extends AsyncDisposable {
  /** What is appended crosses a network: payloads should be small. */
  readonly remote?: true;
  /**
   * Durable when it resolves; all or nothing. Gives the sequence number of the last record. Throws `StaleEpochError` when a newer
   * epoch has written, and `HotsiteError` "log-gap" or "log-duplicate" when `first` is not the tail's `last` + 1.
   */
  append(batch: LogBatch): Promise<number>;
  /** Batches in order from the one that holds record `from`, then new ones as they come, until the signal is aborted. Throws `HotsiteError` "log-trimmed" when `from` is no longer kept. */
  read(from: number, signal: AbortSignal): AsyncIterable<LogBatch>;
  /** The last batch; undefined when nothing was ever written. */
  tail(): Promise<LogBatch | undefined>;
  /** Lets go of batches whose `last` is at most `upTo`; the tail is always kept. */
  trim(upTo: number): Promise<void>;
}
