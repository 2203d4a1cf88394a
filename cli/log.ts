import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { inspect } from "node:util";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Output } from "./output.ts";

type Level = keyof Logger;
type Fields = Readonly<Record<string, unknown>>;

/** As most viewers of JSON logs number them. */
const levels: Readonly<Record<Level, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

/**
 * Logs JSON lines to a file that only its owner can read; everything is shown as well with `--verbose`. Where the file cannot be written,
 * on a full disk for one, the command says so once and goes on.
 */
export function fileLogger(path: string, output: Pick<Output, "note" | "verbose">): Logger {
  let unwritten = false;
  const tried = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!unwritten) output.note(`The log is not written: ${messageOf(error)}`);
      unwritten = true;
    }
  };
  tried(() => mkdirSync(dirname(path), { recursive: true }));
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}): void => {
      const common = { level: levels[level], time: Date.now(), pid: process.pid };
      const line = lineOf({ ...common, ...fields, msg: message });
      // Written at once: the process may be killed at any moment, and the last lines are those that matter.
      tried(() => appendFileSync(path, `${line}\n`, { mode: 0o600 }));
      if (output.verbose) output.note(`  ${level}: ${message} ${JSON.stringify(fields)}`.trimEnd());
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What JSON has no form for is told as Node prints it: a log must not end the command. */
function lineOf(fields: Fields): string {
  const { error, ...others } = fields;
  const all = { ...others, ...("error" in fields ? { error: serializeError(error) } : {}) };
  try {
    return JSON.stringify(all);
  } catch {
    return JSON.stringify(Object.fromEntries(Object.entries(all).map(([key, value]) => [key, plain(value)])));
  }
}

function plain(value: unknown): unknown {
  return typeof value === "object" || typeof value === "bigint" ? inspect(value) : value;
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack } = error;
  return {
    name,
    message,
    stack,
    ...(error instanceof HotsiteError ? { code: error.code, details: error.details } : {}),
  };
}
