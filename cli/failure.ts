import { HotsiteError, messageOf, PreflightError, type Fault } from "../core/errors.ts";
import { exitCodeOf, leftBehind } from "./exit.ts";
import type { Output } from "./output.ts";
import type { FailureOutcome } from "./outcomes/failure.ts";
import type { Frozen } from "./verb.ts";

/** A failure for people: what went wrong and what to do next. What a run left is part of its message. */
export function failureText(error: unknown, output: Pick<Output, "verbose">): string {
  const lines = [`✖ ${messageOf(error)}`];
  if (error instanceof HotsiteError && error.hint !== undefined) lines.push(`  ${error.hint}`);
  if (!(error instanceof HotsiteError))
    lines.push("  This is a fault of hotsite itself; `--verbose` shows where.");
  if (output.verbose) lines.push(...stackOf(error));
  return lines.join("\n");
}

/** A failure for scripts. */
export function failureJson(
  error: unknown,
  signal?: AbortSignal,
): Frozen<FailureOutcome> & { readonly ok: false } {
  const known = error instanceof HotsiteError;
  return {
    ok: false,
    exitCode: exitCodeOf(error, signal),
    error: {
      code: known ? error.code : "internal",
      message: messageOf(error),
      hint: known ? error.hint : undefined,
      retryable: known && error.retryable,
      left: leftBehind(error),
      faults: faultsOf(error),
      details: known && faultsOf(error).length === 0 ? error.details : undefined,
    },
  };
}

/** The faults behind an error, also when it wraps the one that has them. */
export function faultsOf(error: unknown): readonly Fault[] {
  if (error instanceof PreflightError) return error.faults;
  return error instanceof HotsiteError && error.cause instanceof PreflightError ? error.cause.faults : [];
}

function stackOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return error.cause === undefined
    ? own
    : [...own, `  because of: ${messageOf(error.cause)}`, ...stackOf(error.cause)];
}
