import { HotsiteError, messageOf } from "../core/errors.ts";
import type { LeftStep } from "./events.ts";
import type { RunRecord } from "./records.ts";

/** How a run ended that did not reach its end. */
export interface RunEnd {
  readonly run: RunRecord;
  /** Where it stopped; absent when it was cancelled between two steps. */
  readonly step?: string;
  /** What could not be undone, or is still to do. */
  readonly left: readonly LeftStep[];
  /** The point of no return that was passed. */
  readonly passed?: string;
}

/** A run that failed or was cancelled: `code` tells how it was left ("run-unwound", "run-stuck", "run-unwind-failed"), `cause` why. */
export class RunError extends HotsiteError {
  readonly end: RunEnd;

  constructor(end: RunEnd, cause: unknown) {
    const { run, step, left } = end;
    const where = step === undefined ? "" : ` at "${step}"`;
    super(`run-${run.state}`, `${run.workflow} stopped${where}: ${messageOf(cause)}\n${outcome(end)}`, {
      cause,
      hint: hintFor(run, cause),
      details: { run: run.id, workflow: run.workflow, state: run.state, step, left },
    });
    this.end = end;
  }
}

function outcome({ run, left, passed }: RunEnd): string {
  if (run.state === "unwound") return "Nothing is left: what had been done is undone.";
  const names = left
    .map(({ step, problem }) => `  ${step}${problem === undefined ? "" : `: ${problem}`}`)
    .join("\n");
  if (run.state === "stuck")
    return `It can only go forward: ${passed ?? "a point of no return was passed"}. Still to do:\n${names}`;
  return `Not undone:\n${names}`;
}

function hintFor({ state }: RunRecord, cause: unknown): string | undefined {
  const mend = cause instanceof HotsiteError ? cause.hint : undefined;
  if (state === "unwound") return mend;
  // It has been tried before: trying for ever is no way out.
  if (cause instanceof HotsiteError && cause.code === "undo-failed")
    return "mend what keeps it from being undone, then: hotsite resume; or leave it as it is: hotsite resume --abandon";
  return mend === undefined ? "hotsite resume" : `${mend}; then: hotsite resume`;
}
