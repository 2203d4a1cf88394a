/** A value and the revision it was written at. */
export interface Versioned<T = unknown> {
  readonly key: string;
  readonly value: T;
  /** Grows with each write to the store; 0 stands for "not there". */
  readonly revision: number;
}

/** A right that one holder has for a while. */
export interface Lease extends AsyncDisposable {
  readonly holder: string;
  /** Aborted the moment the lease is lost: work that needs it must stop. */
  readonly signal: AbortSignal;
}

export interface LeaseOptions {
  /** Milliseconds without renewal after which others may take it. */
  readonly ttlMs: number;
  /** Shown to those who wait: `install by ops@laptop, pid 4711`. */
  readonly holder: string;
  /** A process id on this machine whose death ends the lease at once. */
  readonly pid?: number;
}

/** Where state is kept; several processes use it at once. Values are plain JSON. Every implementation passes `test/store/contract.ts`. */
export interface Store extends AsyncDisposable {
  /** Undefined when absent. */
  get(key: string): Promise<Versioned | undefined>;
  /**
   * Durable when it resolves. With `ifRevision` only when the key is still at that revision (0: absent), else throws
   * `HotsiteError` "conflict". Gives the new revision.
   */
  put(key: string, value: unknown, ifRevision?: number): Promise<number>;
  /** Absent is fine; `ifRevision` as in `put`. */
  delete(key: string, ifRevision?: number): Promise<void>;
  /** All keys that start with `prefix`, in byte order. */
  list(prefix: string): Promise<readonly Versioned[]>;
  /** Each change under `prefix` from now on, at least the latest of each key; ends when the signal is aborted. */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<Versioned>;
  /** Throws `HotsiteError` "locked" with the holder in `details.holder` while somebody alive has it. */
  lease(key: string, options: LeaseOptions): Promise<Lease>;
}
