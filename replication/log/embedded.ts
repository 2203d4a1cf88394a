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

/**
 * LMDB reads through a mapping of its file, and what was read once stays in the memory of the process while the file is open: of a large
 * transaction all of it. After so much it is opened anew, which takes two milliseconds.
 */
const mappedBytes = 32 * 2 ** 20;

/** The log of one stream in a folder on this machine. Other streams have folders of their own beside it. */
export async function openEmbeddedLog(folder: string, stream: string): Promise<Log> {
  const path = join(folder, folderOf(stream));
  await mkdir(path, { recursive: true, mode: 0o700 });
  return new EmbeddedLog(stream, join(path, "log.mdb"));
}

function openFile(path: string): RootDatabase<Buffer, number> {
  // A commit is on the disk when its promise resolves; by default it would only be visible.
  return open<Buffer, number>({ path, encoding: "binary", overlappingSync: false });
}

/** Throws away the logs of every stream but this one. */
export async function removeOtherLogs(folder: string, stream: string): Promise<void> {
  const names = await readdir(folder);
  const others = names.filter((name) => name !== folderOf(stream));
  await Promise.all(others.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

class EmbeddedLog implements Log {
  readonly #stream: string;
  readonly #path: string;
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

  constructor(stream: string, path: string) {
    this.#stream = stream;
    this.#path = path;
    this.#database = openFile(path);
  }

  async append(batch: LogBatch): Promise<number> {
    failpoint("before-log-append");
    const fault = await this.#alone(() =>
      this.#database.transaction(() => {
        const refusal = refuse(batch, this.#stream, this.#tail());
        if (refusal === undefined) void this.#database.put(batch.last, encode(batch));
        return refusal;
      }),
    );
    if (fault !== undefined) throw fault;
    failpoint("after-log-append");
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
    await this.#alone(() =>
      this.#database.transaction(() => {
        const tail = this.#tail();
        if (tail === undefined) return;
        for (const last of this.#database.getKeys({ end: Math.min(upTo, tail.last - 1) + 1 }))
          void this.#database.remove(last);
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#alone(() => this.#database.close());
    return this.#closed;
  }

  #openAnew(): Promise<void> {
    return this.#alone(() => {
      if (this.#mapped <= mappedBytes || this.#closed !== undefined) return this.#opened;
      this.#mapped = 0;
      this.#opened = this.#database.close().then(() => {
        this.#database = openFile(this.#path);
      });
      return this.#opened;
    });
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
