import pino from "pino";
import { HotsiteError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Output } from "./output.ts";

type Level = keyof Logger;
type Fields = Readonly<Record<string, unknown>>;

/** Logs JSON lines to a file that only its owner can read; warnings, and everything with `--verbose`, are shown as well. */
export function fileLogger(path: string, output: Pick<Output, "note" | "verbose">): Logger {
  // Written at once: the process may be killed at any moment, and the last lines are those that matter.
  const destination = pino.destination({ dest: path, mkdir: true, sync: true, mode: 0o600 });
  const logger = pino(
    { level: "debug", base: { pid: process.pid }, serializers: { error: serializeError } },
    destination,
  );
  const at =
    (level: Level) =>
    (message: string, fields: Fields = {}): void => {
      logger[level](fields, message);
      if (output.verbose) output.note(`  ${level}: ${message} ${JSON.stringify(fields)}`.trimEnd());
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
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
