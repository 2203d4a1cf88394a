import { HotsiteError, PreflightError } from "../core/errors.ts";

/** How the command ends; stable, for scripts. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, leftovers: 3, locked: 4, interrupted: 130 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The same as text, for `--help`. */
export const exitCodeHelp = `Exit codes:
  0    done
  1    failed; everything begun was taken back, nothing is left
  2    wrong usage or config; nothing was begun
  3    failed and something is left: it is listed, with the command that cleans it
  4    another run holds the application; it is named
  130  interrupted; everything begun was taken back`;

/** A run waits to be continued; until then something of it is there. */
const unfinished = new Set([
  "unfinished-run",
  "run-stuck",
  "run-unwind-failed",
  "cannot-unwind",
  "journal-failed",
]);
const usage = new Set(["config", "usage", "cannot-scale", "out-of-range"]);

/** The exit code of anything that was thrown. */
export function exitCodeOf(error: unknown, signal?: AbortSignal): ExitCode {
  const code = error instanceof HotsiteError ? error.code : "";
  if (usage.has(code)) return exitCodes.usage;
  if (code === "locked") return exitCodes.locked;
  if (unfinished.has(code) || leftBehind(error).length > 0) return exitCodes.leftovers;
  if (signal?.aborted === true) return exitCodes.interrupted;
  return exitCodes.failed;
}

/** What a failure left, as its error tells in `details.left`. */
export function leftBehind(error: unknown): readonly string[] {
  if (!(error instanceof HotsiteError) || error instanceof PreflightError) return [];
  const { left } = error.details;
  return Array.isArray(left) ? left.map(String) : [];
}
