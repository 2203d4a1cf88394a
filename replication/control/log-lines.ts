import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One line of JSON an entry, for the journal of the node; `Secret` values print redacted. */
export function lineLogger(write: (line: string) => void): Logger {
  const entry =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      write(`${JSON.stringify({ level, message, ...fields }, errorsAsText)}\n`);
  return { debug: entry("debug"), info: entry("info"), warn: entry("warn"), error: entry("error") };
}

function errorsAsText(_key: string, value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  return typeof value === "bigint" ? value.toString() : value;
}
