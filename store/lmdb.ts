import { open, type Database, type RootDatabase } from "lmdb";
import { systemClock } from "../core/clock.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { folderWithRoom } from "../core/room.ts";
import type { Lease, LeaseOptions, Store, Versioned } from "../core/store.ts";
import { changesBetween } from "./changes.ts";
import { LeaseTable } from "./lease-table.ts";
import { prefixRange, toKey } from "./keys.ts";

/** What a key holds on disk. */
interface Entry {
  readonly revision: number;
  readonly value: unknown;
}

/** How often a watcher looks at the revision counter, which costs one read of mapped memory. */
const watchIntervalMs = 50;

const counterKey = Buffer.from("revision");

/** Opens the store in `folder`, which is made when it is missing. Several processes may have it open at once. */
export async function openStore(folder: string): Promise<Store> {
  try {
    await folderWithRoom(folder);
    // With overlapping sync a commit resolves before it is on disk.
    return new LmdbStore(open({ path: folder, overlappingSync: false, maxReaders: 512, ...plainJson }));
  } catch (cause) {
    throw new HotsiteError("store-unavailable", `cannot open the store in ${folder}: ${messageOf(cause)}`, {
      cause,
      hint: "check the owner and the free space of the folder",
    });
  }
}

const plainJson = { keyEncoding: "binary", encoding: "json" } as const;

/**
 * Writes are synchronous transactions: they are short, their number is small, and asynchronous ones never call back
 * in lmdb 3.5. A callback must not return what `put` returns: a thenable result would keep the transaction open.
 */
class LmdbStore implements Store {
  readonly #root: RootDatabase;
  readonly #entries: Database<Entry, Buffer>;
  readonly #counter: Database<number, Buffer>;
  readonly #leases: LeaseTable;
  readonly #closed = new AbortController();

  constructor(root: RootDatabase) {
    this.#root = root;
    this.#entries = root.openDB<Entry, Buffer>("entries", plainJson);
    this.#counter = root.openDB<number, Buffer>("counter", plainJson);
    this.#leases = new LeaseTable(root);
  }

  get(key: string): Promise<Versioned | undefined> {
    return this.#now(() => {
      const entry = this.#entries.get(toKey(key));
      return entry === undefined ? undefined : { key, ...entry };
    });
  }

  put(key: string, value: unknown, ifRevision?: number): Promise<number> {
    return this.#now(() => {
      assertJson(key, value);
      return this.#write(key, ifRevision, (path, revision) => {
        this.#entries.putSync(path, { revision, value });
      });
    });
  }

  delete(key: string, ifRevision?: number): Promise<void> {
    return this.#now(() => {
      this.#write(key, ifRevision, (path) => {
        this.#entries.removeSync(path);
      });
    });
  }

  list(prefix: string): Promise<readonly Versioned[]> {
    return this.#now(() => this.#listNow(prefix));
  }

  watch(prefix: string, signal: AbortSignal): AsyncIterable<Versioned> {
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    // Read before the caller goes on: whatever it writes next is a change.
    return this.#changes(prefix, ended.aborted ? [] : this.#listNow(prefix), ended);
  }

  lease(key: string, options: LeaseOptions): Promise<Lease> {
    return this.#now(() => this.#leases.take(key, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new HotsiteError("store-closed", "the store is closed"));
    await this.#leases.releaseAll();
    await this.#root.close();
  }

  /** Does `work` at once, on a new snapshot, because another process may have written meanwhile; rejects when the store is closed. */
  #now<T>(work: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#closed.signal.throwIfAborted();
      this.#root.resetReadTxn();
      resolve(work());
    });
  }

  #write(
    key: string,
    ifRevision: number | undefined,
    apply: (path: Buffer, revision: number) => void,
  ): number {
    const path = toKey(key);
    return this.#root.transactionSync(() => {
      const found = this.#entries.get(path)?.revision ?? 0;
      if (ifRevision !== undefined && ifRevision !== found) throw conflict(key, ifRevision, found);
      const revision = (this.#counter.get(counterKey) ?? 0) + 1;
      this.#counter.putSync(counterKey, revision);
      apply(path, revision);
      return revision;
    });
  }

  #listNow(prefix: string): Versioned[] {
    const found: Versioned[] = [];
    for (const { key, value } of this.#entries.getRange(prefixRange(prefix))) {
      found.push({ key: key.toString(), ...value });
    }
    return found;
  }

  async *#changes(
    prefix: string,
    known: readonly Versioned[],
    ended: AbortSignal,
  ): AsyncGenerator<Versioned> {
    let before = known;
    let seen = -1;
    while (await pause(ended)) {
      this.#root.resetReadTxn();
      const counter = this.#counter.get(counterKey) ?? 0;
      if (counter === seen) continue;
      seen = counter;
      const now = this.#listNow(prefix);
      yield* changesBetween(before, now);
      before = now;
    }
  }
}

/** False when the wait is over for good. */
async function pause(ended: AbortSignal): Promise<boolean> {
  try {
    await systemClock.sleep(watchIntervalMs, ended);
    return !ended.aborted;
  } catch (error) {
    if (ended.aborted) return false;
    throw error;
  }
}

function assertJson(key: string, value: unknown): void {
  const text = JSON.stringify(value) as string | undefined;
  if (text !== undefined) return;
  throw new HotsiteError("invalid-value", `${key}: the store keeps JSON, not ${typeof value}`);
}

function conflict(key: string, wanted: number, found: number): HotsiteError {
  return new HotsiteError(
    "conflict",
    `${key} is at revision ${found}, not at ${wanted}: somebody else changed it`,
    {
      hint: "read it again and decide anew",
      details: { key, wanted, found },
    },
  );
}
