import { z } from "zod";
import { systemClock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Lease } from "../core/store.ts";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { drive } from "./drive.ts";
import { Execution } from "./execution.ts";
import { Journal } from "./journal.ts";
import type { RunRecord } from "./records.ts";
import { partsOf, type RunResult, type RunSettings } from "./settings.ts";
import { isUnwinding, type RunState } from "./transitions.ts";
import { checkSteps, stepNames } from "./tree.ts";

/** How long a machine may be silent before another one may take over; a dead process on the same machine is noticed at once. */
const leaseTtlMs = 15_000;

/**
 * Runs a workflow to its end. When a step fails or the signal is aborted, everything is undone, or the run is stuck when
 * it is past a point of no return; both throw a `RunError`. Throws "locked" while another run of the application is
 * active, and "unfinished-run" when one was interrupted.
 */
export async function runWorkflow<C, I>(
  settings: RunSettings & { readonly workflow: Workflow<C, I>; readonly input: I; readonly context: C },
): Promise<RunResult> {
  const { workflow, application, store, clock = systemClock, by, signal } = settings;
  // As the journal gives it to a resumed run, so that both have the same steps.
  const input = plain(inputOf(workflow, settings.input));
  const tree = treeOf(workflow, input);
  signal.throwIfAborted();
  await using lease = await lock(settings, workflow.name);
  const other = await Journal.unfinished(store, clock, application);
  if (other !== undefined) throw unfinished(other.run);
  const journal = await Journal.begin(store, clock, { application, workflow: workflow.name, input, by });
  const execution = new Execution({ ...partsOf(settings), tree, journal, context: settings.context });
  return await drive({ settings, journal, execution, lease, resumed: false });
}

/** What `resumeRun` does with the run: by default what it was doing; `unwind` undoes one that is not past a point of no return. */
export type ResumeMode = "forward" | "unwind";

/** Continues the unfinished run: steps that are done are not run again, the interrupted one runs from its start or is undone. */
export async function resumeRun<C>(
  settings: RunSettings & {
    readonly workflows: readonly Workflow<C, unknown>[];
    readonly contextFor: (run: RunRecord) => C | Promise<C>;
    readonly mode?: ResumeMode;
  },
): Promise<RunResult> {
  const { application, store, clock = systemClock, mode, signal } = settings;
  signal.throwIfAborted();
  await using lease = await lock(settings, "resume");
  const journal = await Journal.unfinished(store, clock, application);
  if (journal === undefined) throw nothingToResume(application);
  const workflow = settings.workflows.find(({ name }) => name === journal.run.workflow);
  if (workflow === undefined)
    throw new HotsiteError("unknown-workflow", `nothing here knows how to ${journal.run.workflow}`);
  const tree = treeOf(workflow, journal.run.input);
  assertSameSteps(journal, stepNames(tree));
  const context = await settings.contextFor(journal.run);
  const execution = new Execution({ ...partsOf(settings), tree, journal, context });
  await journal.moveRun(nextState(journal.run, mode, execution.passed()));
  return await drive({ settings, journal, execution, lease, resumed: true });
}

/** Gives up the unfinished run as it is: nothing is undone, and the application is free for other runs. For a person to decide. */
export async function abandonRun(
  settings: Pick<RunSettings, "application" | "store" | "by" | "clock">,
): Promise<RunRecord> {
  await using _lease = await lock(settings, "abandon");
  const journal = await Journal.unfinished(
    settings.store,
    settings.clock ?? systemClock,
    settings.application,
  );
  if (journal === undefined) throw nothingToResume(settings.application);
  await journal.moveRun("abandoned");
  return journal.run;
}

/** Resolves when no run of the application is active; throws "locked" with who is at it otherwise. */
export async function assertIdle(
  settings: Pick<RunSettings, "application" | "store" | "by">,
  verb: string,
): Promise<void> {
  await using _lease = await lock(settings, verb);
}

function lock(
  { store, application, by }: Pick<RunSettings, "application" | "store" | "by">,
  verb: string,
): Promise<Lease> {
  const holder = `${verb} by ${by}, pid ${process.pid}`;
  return store.lease(`runs of ${application}`, { ttlMs: leaseTtlMs, holder, pid: process.pid });
}

function treeOf<C, I>(workflow: Workflow<C, I>, input: unknown): StepTree<C> {
  const tree = workflow.steps(inputOf(workflow, input));
  checkSteps(workflow.name, tree);
  return tree;
}

function inputOf<C, I>({ name, input }: Workflow<C, I>, given: unknown): I {
  const { success, data, error } = input.safeParse(given);
  if (success) return data;
  throw new HotsiteError("invalid-input", `${name}: ${z.prettifyError(error)}`, { cause: error });
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Goes on with the same steps only: another version of the workflow would take the journal's numbers for other steps. */
function assertSameSteps(journal: Journal, names: readonly string[]): void {
  const changed = journal.started().find(({ index, name }) => names[index] !== name);
  if (changed === undefined) return;
  throw new HotsiteError(
    "workflow-changed",
    `the run began with other steps: "${changed.name}" is not at its place any more`,
    {
      hint: "use the version of Hotsite and the config that started the run",
    },
  );
}

function nextState({ state }: RunRecord, mode: ResumeMode | undefined, passed: string | undefined): RunState {
  if (isUnwinding(state)) {
    if (mode !== "forward") return "unwinding";
    throw new HotsiteError("cannot-go-forward", "the run is being undone, which cannot be turned around", {
      hint: "hotsite resume",
    });
  }
  if (mode !== "unwind") return "running";
  if (passed === undefined) return "unwinding";
  throw new HotsiteError("cannot-unwind", `the run can only go forward: ${passed}`, {
    hint: "hotsite resume",
  });
}

function unfinished({ application, workflow, state, by, startedAt }: RunRecord): HotsiteError {
  const since = new Date(startedAt).toISOString();
  return new HotsiteError(
    "unfinished-run",
    `${application}: ${workflow} by ${by}, begun ${since}, is not finished (${state})`,
    {
      hint: "hotsite resume; if that cannot succeed any more, because a site is lost, say: hotsite resume --abandon",
      details: { workflow, state, by, since },
    },
  );
}

function nothingToResume(application: string): HotsiteError {
  return new HotsiteError("nothing-to-resume", `${application} has no unfinished run`);
}
