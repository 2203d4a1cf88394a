import { HotsiteError } from "../../core/errors.ts";

/** Where something ends in the source's binlog files. */
export interface FilePlace {
  readonly file: string;
  readonly offset: number;
}

/** Negative when `a` comes before `b`, 0 when they are the same place. Files are told apart by the number that they end in. */
export function comparePlaces(a: FilePlace, b: FilePlace): number {
  return a.file === b.file ? a.offset - b.offset : numberOf(a.file) - numberOf(b.file);
}

function numberOf(file: string): number {
  return Number(file.slice(file.lastIndexOf(".") + 1));
}

/** An event that cannot be carried. Everything before it was taken. */
export class EventError extends HotsiteError {}
