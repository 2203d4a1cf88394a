import { HotsiteError } from "../core/errors.ts";
import type { Lease } from "../core/store.ts";
import { anySignal } from "./any-signal.ts";
import type { LeftStep } from "./events.ts";
import { StepFailure, type Execution } from "./execution.ts";
import { JournalError, type Journal } from "./journal.ts";
import { failureOf } from "./records.ts";
import { RunError } from "./run-error.ts";
import { partsOf, type RunResult, type RunSettings } from "./settings.ts";
import { isUnwinding } from "./transitions.ts";

interface Drive<C> {
  readonly settings: RunSettings;
  readonly journal: Journal;
  readonly execution: Execution<C>;
  readonly lease: Lease;
  readonly resumed: boolean;
}

/** Brings a run from the state that its journal tells to one of its ends. */
export async function drive<C>(run: Drive<C>): Promise<RunResult> {
  const { settings, journal, execution, lease, resumed } = run;
  const { id, workflow, application, state } = journal.run;
  const steps = execution.steps.map(({ name }) => name);
  settings.observer?.onEvent({ kind: "run-started", run: id, workflow, application, resumed, steps });
  if (isUnwinding(state)) return unwind(run, undefined);
  try {
    await execution.forward(anySignal(settings.signal, lease.signal));
  } catch (error) {
    // Whoever has the lease or the journal by now decides what happens next.
    lease.signal.throwIfAborted();
    if (error instanceof JournalError) throw error;
    return execution.passed() === undefined ? unwind(run, error) : getStuck(run, error);
  }
  return end(run, "done", []);
}

async function getStuck<C>(run: Drive<C>, error: unknown): Promise<never> {
  const left = run.execution.toDo();
  await end(run, "stuck", left, error);
  throw failed(run, error, left);
}

/** `error` is why; undefined when a resumed run was unwinding already, or is told to. */
async function unwind<C>(run: Drive<C>, error: unknown): Promise<RunResult> {
  const { journal, execution, lease } = run;
  if (error !== undefined) await journal.moveRun("unwinding", { error: failureOf(causeOf(error)) });
  await execution.backward(lease.signal);
  const left = execution.left();
  if (left.length > 0) {
    await end(run, "unwind-failed", left, error);
    throw failed(run, error ?? new HotsiteError("undo-failed", "undoing failed"), left);
  }
  const result = await end(run, "unwound", []);
  if (error === undefined) return result;
  throw failed(run, error, []);
}

async function end<C, S extends "done" | "stuck" | "unwound" | "unwind-failed">(
  { settings, journal }: Drive<C>,
  state: S,
  left: readonly LeftStep[],
  error?: unknown,
): Promise<{ run: string; state: S; ms: number }> {
  // A run that reached its end at last has no error; one that was undone keeps the error that it was undone for.
  const why = error === undefined ? journal.run.error : failureOf(causeOf(error));
  await journal.moveRun(state, { error: state === "done" ? undefined : why });
  const { id, workflow, startedAt } = journal.run;
  const ms = partsOf(settings).clock.now() - startedAt;
  settings.observer?.onEvent({
    kind: "run-ended",
    run: id,
    workflow,
    state,
    ms,
    left,
    error: journal.run.error,
  });
  return { run: id, state, ms };
}

function failed<C>({ journal, execution }: Drive<C>, error: unknown, left: readonly LeftStep[]): RunError {
  const step = error instanceof StepFailure ? error.step : undefined;
  return new RunError({ run: journal.run, step, left, passed: execution.passed() }, causeOf(error));
}

function causeOf(error: unknown): unknown {
  return error instanceof StepFailure ? error.cause : error;
}
