import { randomUUID } from "node:crypto";
import type { Database, RootDatabase } from "lmdb";
import { HotsiteError, LeaseLostError } from "../core/errors.ts";
import type { Lease, LeaseOptions } from "../core/store.ts";
import { toKey } from "./keys.ts";
import { HeldLease } from "./held-lease.ts";
import { identify, lifeOf, type ProcessIdentity } from "./process-identity.ts";

/** A lease as it is stored. */
interface LeaseRecord {
  /** Tells apart two leases of one holder. */
  readonly token: string;
  readonly holder: string;
  readonly process: ProcessIdentity;
  /** ISO 8601. */
  readonly since: string;
  /** By the monotonic clock, which all processes since the machine's start share and nobody sets. */
  readonly expiresMs: number;
}

/** The leases of one store. They are apart from its entries: a renewal is no change that a watcher wants to hear of. */
export class LeaseTable {
  readonly #root: RootDatabase;
  readonly #records: Database<LeaseRecord, Buffer>;
  readonly #held = new Set<HeldLease>();

  constructor(root: RootDatabase) {
    this.#root = root;
    this.#records = root.openDB<LeaseRecord, Buffer>("leases", { keyEncoding: "binary", encoding: "json" });
  }

  /** Throws "locked" while somebody alive holds it. */
  take(key: string, { ttlMs, holder, pid = process.pid }: LeaseOptions): Lease {
    const path = toKey(key);
    const record: LeaseRecord = {
      token: randomUUID(),
      holder,
      process: identify(pid),
      since: new Date().toISOString(),
      expiresMs: monotonicMs() + ttlMs,
    };
    this.#root.transactionSync(() => {
      const other = this.#records.get(path);
      if (other !== undefined && holds(other)) throw locked(key, other);
      this.#records.putSync(path, record);
    });
    const lease: HeldLease = new HeldLease(holder, ttlMs, {
      renew: () => this.#renew(key, record, ttlMs),
      release: () => {
        this.#held.delete(lease);
        this.#remove(path, record.token);
      },
    });
    this.#held.add(lease);
    return lease;
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held].map((lease) => lease[Symbol.asyncDispose]()));
  }

  /** Throws `LeaseLostError` when it is somebody else's by now, or its process is dead. */
  #renew(key: string, { token, holder, process }: LeaseRecord, ttlMs: number): void {
    const path = toKey(key);
    this.#root.transactionSync(() => {
      const now = this.#records.get(path);
      if (now?.token !== token) {
        throw new LeaseLostError(`${holder} lost ${key}${now === undefined ? "" : ` to ${now.holder}`}`);
      }
      if (lifeOf(process) === "dead")
        throw new LeaseLostError(`${holder} lost ${key}: process ${process.pid} has ended`);
      this.#records.putSync(path, { ...now, expiresMs: monotonicMs() + ttlMs });
    });
  }

  #remove(path: Buffer, token: string): void {
    this.#root.transactionSync(() => {
      if (this.#records.get(path)?.token === token) this.#records.removeSync(path);
    });
  }
}

function holds(record: LeaseRecord): boolean {
  return lifeOf(record.process) !== "dead" && record.expiresMs > monotonicMs();
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function locked(key: string, { holder, since, process }: LeaseRecord): HotsiteError {
  return new HotsiteError("locked", `${key} is held by ${holder} since ${since}`, {
    retryable: true,
    hint: `wait until it has ended, or end process ${process.pid} on ${process.host}`,
    details: { key, holder, since, pid: process.pid, host: process.host },
  });
}
