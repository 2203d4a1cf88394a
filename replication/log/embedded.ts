import { once, EventEmitter } from "node:events";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import type { Log, LogBatch } from "../../core/log.ts";
import { failpoint } from "../failpoint.ts";
import { refuse, trimmed } from "./refuse.ts";

/** What was appended last is kept at hand, so that a reader who keeps up need not fetch it. */
const recentBytes = 2 ** 22;
/** Epoch and first sequence number before the payload; the last one is the key. */
const headerBytes = 16;

/** The log of one stream in a folder on this machine. Other streams have folders of their own beside it. */
export async function openEmbeddedLog(folder: string, stream: string): Promise<Log> {
  const path = join(folder, folderOf(stream));
  await mkdir(path, { recursive: true, mode: 0o700 });
  const database = open<Buffer, number>({
    path: join(path, "log.mdb"),
    encoding: "binary",
    // A commit is on the disk when its promise resolves; by default it would only be visible.
    overlappingSync: false,
  });
  return new EmbeddedLog(stream, database);
}

/** Throws away the logs of every stream but this one. */
export async function removeOtherLogs(folder: string, stream: string): Promise<void> {
  const names = await readdir(folder);
  const others = names.filter((name) => name !== folderOf(stream));
  await Promise.all(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

class EmbeddedLog implements Log {
  readonly #stream: string;
  readonly #database: RootDatabase<Buffer, number>;
  readonly #appended = new EventEmitter().setMaxListeners(0);
  /** The newest batches, without a gap to the tail. */
  #recent: LogBatch[] = [];
  #recentBytes = 0;
  #closed: Promise<void> | undefined;

  constructor(stream: string, database: RootDatabase<Buffer, number>) {
    this.#stream = stream;
    this.#database = database;
  }

  async append(batch: LogBatch): Promise<number> {
    failpoint("before-log-append");
    const fault = await this.#database.transaction(() => {
      const refusal = refuse(batch, this.#stream, this.#tail());
      if (refusal === undefined) void this.#database.put(batch.last, encode(batch));
      return refusal;
    });
    if (fault !== undefined) throw fault;
    failpoint("after-log-append");
    this.#remember(batch);
    this.#appended.emit("batch");
    return batch.last;
  }

  async *read(from: number, signal: AbortSignal): AsyncIterable<LogBatch> {
    let next = from;
    while (!signal.aborted) {
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

  tail(): Promise<LogBatch | undefined> {
    return Promise.resolve(this.#tail());
  }

  async trim(upTo: number): Promise<void> {
    this.#forget();
    await this.#database.transaction(() => {
      const tail = this.#tail();
      if (tail === undefined) return;
      for (const last of this.#database.getKeys({ end: Math.min(upTo, tail.last - 1) + 1 }))
        void this.#database.remove(last);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#database.close();
    return this.#closed;
  }

  #tail(): LogBatch | undefined {
    const newest = this.#recent.at(-1);
    const [last] = this.#database.getKeys({ reverse: true, limit: 1 });
    if (newest !== undefined && newest.last === last) return newest;
    const [entry] = this.#database.getRange({ reverse: true, limit: 1 });
    return entry && decode(this.#stream, entry.key, entry.value);
  }

  #at(sequence: number): LogBatch | undefined {
    const recent = this.#recent.find(({ first, last }) => first <= sequence && sequence <= last);
    if (recent !== undefined) return recent;
    const [entry] = this.#database.getRange({ start: sequence, limit: 1 });
    const batch = entry && decode(this.#stream, entry.key, entry.value);
    if (batch !== undefined && batch.first > sequence) throw trimmed(this.#stream, sequence, batch.first);
    return batch;
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

function encode({ epoch, first, payload }: LogBatch): Buffer {
  const value = Buffer.allocUnsafe(headerBytes + payload.length);
  value.writeDoubleBE(epoch, 0);
  value.writeDoubleBE(first, 8);
  value.set(payload, headerBytes);
  return value;
}

function decode(stream: string, last: number, value: Buffer): LogBatch {
  return {
    stream,
    epoch: value.readDoubleBE(0),
    first: value.readDoubleBE(8),
    last,
    payload: value.subarray(headerBytes),
  };
}

/** Stream names hold slashes: `petclinic/db/7`. */
function folderOf(stream: string): string {
  return encodeURIComponent(stream);
}
