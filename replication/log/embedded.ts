import { once, EventEmitter } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { z } from "zod";
import type { Log, LogBatch } from "../../core/log.ts";
import { folderWithRoom } from "../../core/room.ts";
import { failpoint } from "../failpoint.ts";
import { commitFailure } from "./commit-failure.ts";
import { checkedPlace } from "./place.ts";
import { refuse, trimmed } from "./refuse.ts";
import { defaultLimitMb, freeBytes, Space, type FileUse } from "./space.ts";

/** What was appended last is kept at hand, so that a reader who keeps up need not fetch it. */
const recentBytes = 2 ** 22;
/** Epoch and first sequence number before the payload; the last one is the key. */
const headerBytes = 16;
/** Room for nearly every batch. */
const keptBytes = 2 * 2 ** 20;
/** A key that no batch has. */
const beforeAll = 0;

/**
 * LMDB reads through a mapping of its file, and what was read once stays in the memory of the process while the file is open: of a large
 * transaction all of it. After so much it is opened anew, which takes two milliseconds.
 */
const mappedBytes = 16 * 2 ** 20;

/** The log of one stream in a folder on this machine. Other streams have folders of their own beside it. */
export async function openEmbeddedLog(
  folder: string,
  stream: string,
  limitMb: number = defaultLimitMb,
): Promise<Log> {
  const path = join(folder, folderOf(stream));
  await folderWithRoom(path);
  return new EmbeddedLog(stream, path, limitMb);
}

function openFile(path: string): RootDatabase<Buffer, number> {
  // A commit is on the disk when its promise resolves; by default it would only be visible.
  // Batches of an event turn would have a promise of their own, which nobody hears when it fails.
  return open<Buffer, number>({ path, encoding: "binary", overlappingSync: false, eventTurnBatching: false });
}

/** What LMDB tells of its file. */
const pages = z.object({
  ...{ pageSize: z.number(), entryCount: z.number(), lastPageNumber: z.number() },
  ...{ treeBranchPageCount: z.number(), treeLeafPageCount: z.number(), overflowPages: z.number() },
});

/** Throws away the logs of every stream but this one. */
export async function removeOtherLogs(folder: string, stream: string): Promise<void> {
  const names = await readdir(folder);
  const others = names.filter((name) => name !== folderOf(stream));
  await Promise.all(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

class EmbeddedLog implements Log {
  readonly space: Space;
  readonly #stream: string;
  readonly #folder: string;
  readonly #appended = new EventEmitter().setMaxListeners(0);
  /** The newest batches, without a gap to the tail. */
  #recent: LogBatch[] = [];
  #recentBytes = 0;
  #database: RootDatabase<Buffer, number>;
  /** What writes, and what opens the file anew, take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The file is open when it resolves, and stays so until the caller awaits something else. */
  #opened: Promise<void> = Promise.resolve();
  #mapped = 0;
  #closed: Promise<void> | undefined;
  /** What is written: one for all batches, as they take turns. */
  #value = Buffer.allocUnsafe(0);

  constructor(stream: string, folder: string, limitMb: number) {
    this.#stream = stream;
    this.#folder = folder;
    this.#database = openFile(this.#path);
    this.space = new Space(folder, limitMb, () => this.#alone(() => Promise.resolve(useOf(this.#database))));
    this.space.seen(useOf(this.#database));
  }

  async append(batch: LogBatch): Promise<number> {
    failpoint("before-log-append");
    const fault = await this.#commit(() => {
      const refusal = refuse(batch, this.#stream, this.#tail());
      if (refusal === undefined) void this.#database.put(batch.last, this.#encoded(batch));
      return refusal;
    });
    if (fault !== undefined) throw fault;
    failpoint("after-log-append");
    this.space.appended(batch.payload.length);
    this.#remember(batch);
    this.#appended.emit("batch");
    return batch.last;
  }

  async *read(from: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    let next = from;
    while (!signal.aborted) {
      if (this.#mapped > mappedBytes) await this.#openAnew();
      await this.#opened;
      const appended = this.#nextAppend(signal);
      const batch = this.#at(next);
      if (batch === undefined) {
        await appended.happened;
        continue;
      }
      appended.forget();
      next = batch.last + 1;
      yield batch;
    }
  }

  async tail(): Promise<LogBatch | undefined> {
    await this.#opened;
    return this.#tail();
  }

  async trim(upTo: number): Promise<void> {
    this.#forget();
    await this.#commit(() => {
      const tail = this.#tail();
      if (tail === undefined) return;
      for (const last of this.#database.getKeys({ end: Math.min(upTo, tail.last - 1) + 1 }))
        void this.#database.remove(last);
    });
    this.space.seen(await this.#alone(() => Promise.resolve(useOf(this.#database))));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#alone(() => this.#database.close());
    return this.#closed;
  }

  get #path(): string {
    return join(this.#folder, "log.mdb");
  }

  #openAnew(): Promise<void> {
    return this.#alone(() => (this.#mapped <= mappedBytes ? this.#opened : this.#reopen()));
  }

  #reopen(): Promise<void> {
    if (this.#closed !== undefined) return this.#opened;
    this.#mapped = 0;
    this.#opened = this.#database.close().then(() => {
      this.#database = openFile(this.#path);
    });
    return this.#opened;
  }

  /** In one transaction, on the disk when it resolves. One that failed has left nothing. */
  #commit<T>(work: () => T): Promise<T> {
    return this.#alone(async () => {
      try {
        return await this.#database.transaction(work);
      } catch (error) {
        const failure = await this.#failureOf(error);
        if (failure !== error) await this.#recover();
        throw failure;
      }
    });
  }

  #failureOf(error: unknown): Promise<unknown> {
    const facts = { stream: this.#stream, freeBytes: async () => (await freeBytes(this.#folder)).bytes };
    return commitFailure(error, facts);
  }

  /** Pages that were freed are used again only when others have been committed since, which no batch is while the disk is full. */
  async #recover(): Promise<void> {
    await this.#reopen();
    if (this.#tail() === undefined) return;
    const tried = (write: Promise<boolean>): Promise<unknown> =>
      write.catch((error: unknown) => this.#failureOf(error));
    await tried(this.#database.put(beforeAll, Buffer.alloc(0)));
    await tried(this.#database.remove(beforeAll));
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #tail(): LogBatch | undefined {
    const newest = this.#recent.at(-1);
    const [last] = this.#database.getKeys({ reverse: true, limit: 1 });
    if (newest !== undefined && newest.last === last) return newest;
    const [entry] = this.#database.getRange({ reverse: true, limit: 1 });
    return entry && this.#decoded(entry.key, entry.value);
  }

  #at(sequence: number): LogBatch | undefined {
    const recent = this.#recent.find(({ first, last }) => first <= sequence && sequence <= last);
    if (recent !== undefined) return recent;
    const [entry] = this.#database.getRange({ start: sequence, limit: 1 });
    const batch = entry && this.#decoded(entry.key, entry.value);
    if (batch !== undefined && batch.first > sequence) throw trimmed(this.#stream, sequence, batch.first);
    return batch;
  }

  #encoded({ epoch, first, payload }: LogBatch): Buffer {
    const size = headerBytes + payload.length;
    // One that is much larger than the rest is not kept.
    const kept = size <= keptBytes;
    const value = size <= this.#value.length ? this.#value : Buffer.allocUnsafe(kept ? keptBytes : size);
    if (kept) this.#value = value;
    value.writeDoubleBE(epoch, 0);
    value.writeDoubleBE(first, 8);
    value.set(payload, headerBytes);
    return value.subarray(0, size);
  }

  #decoded(last: number, value: Buffer): LogBatch {
    this.#mapped += value.length;
    return decode(this.#stream, last, value);
  }

  #remember(batch: LogBatch): void {
    if (this.#recent.at(-1)?.last !== batch.first - 1) this.#forget();
    this.#recent.push(batch);
    this.#recentBytes += batch.payload.length;
    while (this.#recentBytes > recentBytes && this.#recent.length > 1)
      this.#recentBytes -= this.#recent.shift()?.payload.length ?? 0;
  }

  #forget(): void {
    this.#recent = [];
    this.#recentBytes = 0;
  }

  /** Listens before the caller looks, so that nothing appended in between is missed. */
  #nextAppend(signal: AbortSignal): { happened: Promise<unknown>; forget: () => void } {
    const listening = new AbortController();
    const happened = once(this.#appended, "batch", {
      signal: AbortSignal.any([signal, listening.signal]),
    }).catch((error: unknown) => {
      if ((error as Error).name !== "AbortError") throw error;
    });
    return { happened, forget: () => listening.abort() };
  }
}

function decode(stream: string, last: number, value: Buffer): LogBatch {
  const [epoch, first] =
    value.length < headerBytes ? [NaN, NaN] : [value.readDoubleBE(0), value.readDoubleBE(8)];
  return { stream, ...checkedPlace({ epoch, first, last }), payload: value.subarray(headerBytes) };
}

function useOf(database: RootDatabase<Buffer, number>): FileUse {
  const { pageSize, entryCount, treeBranchPageCount, treeLeafPageCount, overflowPages, lastPageNumber } =
    pages.parse(database.getStats());
  return {
    entries: entryCount,
    keptBytes: (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize,
    fileBytes: (lastPageNumber + 1) * pageSize,
  };
}

/** Stream names hold slashes: `petclinic/db/7`. */
function folderOf(stream: string): string {
  return encodeURIComponent(stream);
}
