import { expect } from "@jest/globals";
import type { Step, Workflow } from "../../core/workflow.ts";
import { RunError } from "../../workflow/run-error.ts";
import { stepNames } from "../../workflow/tree.ts";
import { failAfterCalls } from "./fail-after-calls.ts";
import { killAtWrite, Killed } from "./kill-at-write.ts";
import { Trial, type Attempt, type Case } from "./trial.ts";
import { withSteps } from "./with-steps.ts";

export { quickClock, type Case, type FakeWorld } from "./trial.ts";

/** More calls of the world than a step makes in a test. */
const maxCalls = 200;

/** Of longer workflows only some steps fail where each failure takes many runs. */
const mostFailures = 6;

/**
 * Each step in turn fails before, amid (after each of its calls of the context) and after its effect. The world is as before, or, past a
 * point of no return, the run is stuck and a resume brings it to the end that an undisturbed run reaches.
 */
export async function everyFailureUnwinds<C, I>(workflow: Workflow<C, I>, given: Case<C, I>): Promise<void> {
  await Trial.of(given, async (trial) => {
    const end = await endOf(trial, workflow);
    for (const name of stepNames(workflow.steps(given.input))) {
      for (let calls = 0; calls <= maxCalls; calls += 1) {
        const failure = new Failure(calls);
        const what = `"${name}" fails after ${calls} calls`;
        await check(trial, { what, failing: failingAt(workflow, name, failure), sound: workflow, end });
        if (failure.afterEffect) break;
      }
    }
  });
}

/** Each step's `run`, and each `undo`, happens twice; the ends are the same. */
export async function everyStepRepeats<C, I>(workflow: Workflow<C, I>, given: Case<C, I>): Promise<void> {
  await Trial.of(given, async (trial) => {
    const end = await endOf(trial, workflow);
    expect(await endOf(trial, withSteps(workflow, twice))).toEqual(end);

    const last = stepNames(workflow.steps(given.input)).at(-1);
    if (last === undefined) return;
    const failing = withSteps(failingAt(workflow, last, new Failure(maxCalls)), twice);
    await check(trial, { what: "every step twice, the last one fails", failing, sound: workflow, end });
  });
}

/**
 * The process dies right before and right after each journal write, of a run that succeeds and of one that fails at each of its steps (six
 * of them in longer workflows); a resume reaches the end that the same run reaches when nobody kills it.
 */
export async function everyKillResumes<C, I>(workflow: Workflow<C, I>, given: Case<C, I>): Promise<void> {
  await Trial.of(given, async (trial) => {
    await everyKill(trial, { title: "no step fails", workflow, sound: workflow });
    for (const name of spread(stepNames(workflow.steps(given.input)), mostFailures)) {
      const failing = failingAt(workflow, name, new Failure(maxCalls));
      await everyKill(trial, { title: `"${name}" fails`, workflow: failing, sound: workflow });
    }
  });
}

interface Kill<C, I> {
  readonly title: string;
  readonly workflow: Workflow<C, I>;
  /** The same without a failing step. */
  readonly sound: Workflow<C, I>;
}

async function everyKill<C, I>(trial: Trial<C, I>, { title, workflow, sound }: Kill<C, I>): Promise<void> {
  const undisturbed = await trial.inFreshWorld(async (attempt, world) => {
    await attempt.run(workflow);
    return { ...(await settle(attempt, sound)), world: world.snapshot() };
  });
  for (let write = 1, going = true; going; write += 1) {
    for (const when of ["before", "after"] as const) {
      going = await trial.inFreshWorld(async (attempt, world) => {
        const ended = await attempt.run(workflow, killAtWrite(trial.store, write, when));
        const killed = ended instanceof Error && ended.cause instanceof Killed;
        if (killed) await attempt.again(workflow);
        const what = `${title}, killed ${when} journal write ${write}`;
        const end = { what, ...(await settle(attempt, sound)), world: world.snapshot() };
        expect(end).toEqual({ what, ...undisturbed });
        return killed;
      });
    }
  }
}

/** How the run ended. One that is stuck is brought forward first: which steps beside the failed one had run by then is left to chance. */
async function settle<C, I>(attempt: Attempt<C, I>, sound: Workflow<C, I>): Promise<{ states: unknown[] }> {
  const state = await attempt.state();
  if (state !== "stuck") return { states: [state] };
  await attempt.resume(sound);
  return { states: [state, await attempt.state()] };
}

/** The world after a run that nothing disturbs. */
function endOf<C, I>(trial: Trial<C, I>, workflow: Workflow<C, I>): Promise<unknown> {
  return trial.inFreshWorld(async (attempt, world) => {
    const ended = await attempt.run(workflow);
    if (ended instanceof Error) throw ended;
    return world.snapshot();
  });
}

interface Check<C, I> {
  readonly what: string;
  readonly failing: Workflow<C, I>;
  /** The same without the failure. */
  readonly sound: Workflow<C, I>;
  readonly end: unknown;
}

async function check<C, I>(trial: Trial<C, I>, { what, failing, sound, end }: Check<C, I>): Promise<void> {
  await trial.inFreshWorld(async (attempt, world) => {
    const before = structuredClone(world.snapshot());
    const ended = await attempt.run(failing);
    if (!(ended instanceof RunError)) throw new Error(`${what}: the run did not fail`, { cause: ended });
    const stuck = ended.end.run.state === "stuck";
    if (stuck) await attempt.resume(sound);
    const found = { what, state: await attempt.state(), world: world.snapshot() };
    expect(found).toEqual(
      stuck ? { what, state: "done", world: end } : { what, state: "unwound", world: before },
    );
  });
}

/** Makes a step throw after so many calls of the context, or after its effect when it makes fewer. */
class Failure {
  afterEffect = false;
  readonly #calls: number;

  constructor(calls: number) {
    this.#calls = calls;
  }

  in<C>(step: Step<C>): Step<C> {
    const run: Step<C>["run"] = async (context, signal) => {
      if (this.#calls === 0) throw new Error("fails before its effect");
      const output = await step.run(failAfterCalls(context, this.#calls), signal);
      this.afterEffect = true;
      throw new Error("fails after its effect", { cause: output });
    };
    return { ...step, run };
  }
}

function failingAt<C, I>(workflow: Workflow<C, I>, name: string, failure: Failure): Workflow<C, I> {
  return withSteps(workflow, (step) => (step.name === name ? failure.in(step) : step));
}

function twice<C>(step: Step<C>): Step<C> {
  const { undo } = step;
  const run: Step<C>["run"] = async (context, signal) => {
    await step.run(context, signal);
    return step.run(context, signal);
  };
  if (undo === undefined) return { ...step, run };
  const undoTwice: typeof undo = async (context, output, signal) => {
    await undo(context, output, signal);
    await undo(context, output, signal);
  };
  return { ...step, run, undo: undoTwice };
}

/** At most `count` of them, evenly, the first and the last among them. */
function spread<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  return Array.from({ length: count }, (_, index) =>
    all.at(Math.round((index * (all.length - 1)) / (count - 1))),
  ).filter((one) => one !== undefined);
}
