import { statfs } from "node:fs/promises";
import type { LogSpace } from "../../core/log.ts";

/** What a log may keep unless it is told otherwise. */
export const defaultLimitMb = 10 * 1024;
/** A few batches have to fit, and large rows. */
export const smallestLimitMb = 64;

/** Stays free on the log's disk, for whatever else lives there: this, or a twentieth of a small disk. */
const reserveBytes = 512 * 2 ** 20;
const reservePart = 1 / 20;
/** A full log goes on below this part of its limit, so that it does not stop at every batch. */
const goesOnBelow = 0.9;
/** The disk is looked at again after so much. */
const lookBytes = 4 * 2 ** 20;
const pageBytes = 4096;

/** What a log's file is made of. */
export interface FileUse {
  readonly entries: number;
  /** In use by what the log keeps. */
  readonly keptBytes: number;
  /** Of the file, which never shrinks: what was trimmed is used again. */
  readonly fileBytes: number;
}

/** How much an embedded log keeps, and whether it may take more. */
export class Space implements LogSpace {
  readonly limitBytes: number;
  readonly #folder: string;
  readonly #look: () => Promise<FileUse>;
  #use: FileUse = { entries: 0, keptBytes: 0, fileBytes: 0 };
  #unseenBytes = Infinity;
  #over = false;

  constructor(folder: string, limitMb: number, look: () => Promise<FileUse>) {
    this.#folder = folder;
    this.#look = look;
    this.limitBytes = limitMb * 2 ** 20;
  }

  get bytes(): number {
    return this.#use.keptBytes;
  }

  /** The file was looked at. */
  seen(use: FileUse): void {
    this.#use = use;
    this.#unseenBytes = 0;
  }

  appended(payloadBytes: number): void {
    const bytes = Math.ceil(payloadBytes / pageBytes) * pageBytes;
    const { entries, keptBytes, fileBytes } = this.#use;
    this.#use = { entries: entries + 1, keptBytes: keptBytes + bytes, fileBytes };
    this.#unseenBytes += bytes;
  }

  async full(unfinished: boolean): Promise<string | undefined> {
    if (this.#overLimit() && !unfinished)
      return `the log keeps ${sizeText(this.bytes)}, its limit is ${sizeText(this.limitBytes)}: nothing more is read from the source`;
    if (this.#unseenBytes < lookBytes) return undefined;
    this.seen(await this.#look());
    const free = await freeBytes(this.#folder);
    const { fileBytes, keptBytes } = this.#use;
    if (free.bytes + fileBytes - keptBytes > free.reserveBytes) return undefined;
    this.#unseenBytes = Infinity;
    return `${sizeText(free.bytes)} are left on the disk of the log (${this.#folder}): nothing more is read from the source`;
  }

  /** The last batch always stays, however large it is. */
  #overLimit(): boolean {
    const limit = this.#over ? goesOnBelow * this.limitBytes : this.limitBytes;
    this.#over = this.#use.entries > 1 && this.bytes >= limit;
    return this.#over;
  }
}

/** What is free on the disk of a folder, and how much of that should stay so. */
export async function freeBytes(
  folder: string,
): Promise<{ readonly bytes: number; readonly reserveBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { bytes: bavail * bsize, reserveBytes: Math.min(reserveBytes, blocks * bsize * reservePart) };
}

/** `10.0 GB`, `64 MB`. */
function sizeText(bytes: number): string {
  const mb = bytes / 2 ** 20;
  return mb < 1024 ? `${Math.round(mb)} MB` : `${(mb / 1024).toFixed(1)} GB`;
}
