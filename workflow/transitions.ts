import { HotsiteError } from "../core/errors.ts";

/**
 * From each state of a run to those that may follow. A state follows itself when a run is resumed after its process died.
 * `stuck`: past a point of no return, so only forward. `unwind-failed`: an undo failed, so something is left.
 */
const runMoves = {
  running: ["running", "done", "unwinding", "stuck", "abandoned"],
  stuck: ["running", "abandoned"],
  unwinding: ["unwinding", "unwound", "unwind-failed", "abandoned"],
  "unwind-failed": ["unwinding", "abandoned"],
  done: [],
  unwound: [],
  abandoned: [],
} as const satisfies Record<string, readonly string[]>;

/** The same for a step that was started; one without a record was not. */
const stepMoves = {
  running: ["running", "done", "failed", "undoing"],
  failed: ["running", "undoing"],
  done: ["undoing"],
  undoing: ["undoing", "undone", "undo-failed"],
  "undo-failed": ["undoing"],
  undone: [],
} as const satisfies Record<string, readonly string[]>;

export type RunState = keyof typeof runMoves;
export type StepState = keyof typeof stepMoves;

export const runStates = Object.keys(runMoves) as [RunState, ...RunState[]];
export const stepStates = Object.keys(stepMoves) as [StepState, ...StepState[]];

/** Throws unless a run may go on like this. */
export function assertRunMove(from: RunState, to: RunState): void {
  if (!allowed(runMoves, from, to)) throw illegal("run", from, to);
}

/** Throws unless a step may go on like this; `undefined` is a step that was not started. */
export function assertStepMove(from: StepState | undefined, to: StepState): void {
  if (from === undefined ? to !== "running" : !allowed(stepMoves, from, to))
    throw illegal("step", from ?? "new", to);
}

/** Whether a run in this state is over. */
export function isFinished(state: RunState): boolean {
  return runMoves[state].length === 0;
}

/** Whether a run in this state goes backwards. */
export function isUnwinding(state: RunState): boolean {
  return state === "unwinding" || state === "unwind-failed";
}

function allowed<S extends string>(moves: Record<S, readonly string[]>, from: S, to: S): boolean {
  return moves[from].includes(to);
}

function illegal(what: string, from: string, to: string): HotsiteError {
  return new HotsiteError("illegal-transition", `a ${what} cannot go from ${from} to ${to}`);
}
