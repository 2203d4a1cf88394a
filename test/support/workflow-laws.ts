import { rm } from "node:fs/promises";
import { expect } from "@jest/globals";
import type { Clock } from "../../core/clock.ts";
import type { Store } from "../../core/store.ts";
import type { Step, Workflow } from "../../core/workflow.ts";
import { openStore } from "../../store/lmdb.ts";
import { RunError } from "../../workflow/run-error.ts";
import type { LeftStep } from "../../workflow/events.ts";
import { history, unfinishedRun } from "../../workflow/history.ts";
import { resumeRun, runWorkflow } from "../../workflow/runner.ts";
import { stepsOf } from "../../workflow/tree.ts";
import { failAfterCalls } from "./fail-after-calls.ts";
import { killAtWrite, Killed } from "./kill-at-write.ts";
import { quickFolder } from "./quick-folder.ts";
import { withSteps } from "./with-steps.ts";

/** A world that the workflow's context acts on; `snapshot` is all of it that matters, as plain data. */
export interface FakeWorld<C> {
  readonly context: C;
  snapshot(): unknown;
}

export interface Case<C, I> {
  readonly input: I;
  freshWorld(): FakeWorld<C> | Promise<FakeWorld<C>>;
}

/** Pauses pass at once. */
export const quickClock: Clock = {
  now: () => Date.now(),
  sleep: async (_ms, signal) => signal.throwIfAborted(),
};

/** More calls of the world than a step makes in a test. */
const maxCalls = 200;

/**
 * Each step in turn fails before, amid (after each of its calls of the context) and after its effect. The world is as before, or, past a
 * point of no return, the run is stuck and a resume brings it to the end that an undisturbed run reaches.
 */
export async function everyFailureUnwinds<C, I>(
  workflow: Workflow<C, I>,
  { input, freshWorld }: Case<C, I>,
): Promise<void> {
  const end = await undisturbedEnd(workflow, { input, freshWorld });
  for (const { name } of stepsOf(workflow.steps(input))) {
    for (let calls = 0; calls <= maxCalls; calls += 1) {
      const failure = new Failure(calls);
      await check(
        withSteps(workflow, (step) => (step.name === name ? failure.in(step) : step)),
        workflow,
        { input, freshWorld, end, title: `"${name}" fails after ${calls} calls` },
      );
      if (failure.afterEffect) break;
    }
  }
}

/** Each step's `run`, and each `undo`, happens twice; the ends are the same. */
export async function everyStepRepeats<C, I>(
  workflow: Workflow<C, I>,
  { input, freshWorld }: Case<C, I>,
): Promise<void> {
  const end = await undisturbedEnd(workflow, { input, freshWorld });
  const doubled = withSteps(workflow, twice);
  expect(await undisturbedEnd(doubled, { input, freshWorld })).toEqual(end);

  const last = stepsOf(workflow.steps(input)).at(-1)?.name;
  const failing = withSteps(workflow, (step) =>
    twice(step.name === last ? new Failure(maxCalls).in(step) : step),
  );
  await check(failing, workflow, { input, freshWorld, end, title: "every step twice, the last one fails" });
}

/**
 * The process dies right before and right after each journal write, of a run that succeeds and of one that fails at each of its steps; a
 * resume reaches the end that the same run reaches when nobody kills it.
 */
export async function everyKillResumes<C, I>(
  workflow: Workflow<C, I>,
  { input, freshWorld }: Case<C, I>,
): Promise<void> {
  await everyKill(workflow, { input, freshWorld }, "no step fails");
  for (const { name } of stepsOf(workflow.steps(input))) {
    const failing = withSteps(workflow, (step) =>
      step.name === name ? new Failure(maxCalls).in(step) : step,
    );
    await everyKill(failing, { input, freshWorld }, `"${name}" fails`);
  }
}

async function everyKill<C, I>(
  workflow: Workflow<C, I>,
  { input, freshWorld }: Case<C, I>,
  title: string,
): Promise<void> {
  await withStore(async (store) => {
    /** The end of a run that dies at this write, or of an undisturbed one. */
    const endOf = async (application: string, seen: Store): Promise<{ killed: boolean; end: object }> => {
      const world = await freshWorld();
      const { context } = world;
      const ended = await attempt(() =>
        runWorkflow({ ...settings(seen, application), workflow, input, context }),
      );
      const killed = ended instanceof Error && ended.cause instanceof Killed;
      if (killed) await again(store, application, workflow, { input, context });
      return {
        killed,
        end: { state: (await history(store, application)).at(-1)?.state, world: world.snapshot() },
      };
    };

    const undisturbed = await endOf("undisturbed", store);
    for (let write = 1, going = true; going; write += 1) {
      for (const when of ["before", "after"] as const) {
        const { killed, end } = await endOf(`${write}-${when}`, killAtWrite(store, write, when));
        const what = `${title}, killed ${when} journal write ${write}`;
        expect({ what, ...end }).toEqual({ what, ...undisturbed.end });
        going = killed;
      }
    }
  });
}

/** What the person does after a crash: resume, or the same command when it had not begun. */
async function again<C, I>(
  store: Store,
  application: string,
  workflow: Workflow<C, I>,
  { input, context }: { input: I; context: C },
): Promise<void> {
  if ((await unfinishedRun(store, application)) !== undefined) {
    await attempt(() => resume(store, application, workflow, context));
  } else if ((await history(store, application)).length === 0) {
    await attempt(() => runWorkflow({ ...settings(store, application), workflow, input, context }));
  }
}

async function undisturbedEnd<C, I>(
  workflow: Workflow<C, I>,
  { input, freshWorld }: Case<C, I>,
): Promise<unknown> {
  const world = await freshWorld();
  await withStore(async (store) => {
    await runWorkflow({ ...settings(store, "app"), workflow, input, context: world.context });
  });
  return world.snapshot();
}

/** Runs `failing`, and then looks at the world. */
async function check<C, I>(
  failing: Workflow<C, I>,
  sound: Workflow<C, I>,
  { input, freshWorld, end, title }: Case<C, I> & { end: unknown; title: string },
): Promise<void> {
  const world = await freshWorld();
  const { context } = world;
  const before = structuredClone(world.snapshot());
  await withStore(async (store) => {
    const ended = await attempt(() =>
      runWorkflow({ ...settings(store, "app"), workflow: failing, input, context }),
    );
    if (!(ended instanceof RunError)) throw new Error(`${title}: the run did not fail`, { cause: ended });
    if (ended.end.run.state === "stuck") await resume(store, "app", sound, context);
    const expected = ended.end.run.state === "stuck" ? end : before;
    expect({ title, left: leftOf(ended), world: world.snapshot() }).toEqual({
      title,
      left: [],
      world: expected,
    });
  });
}

function leftOf({ end }: RunError): readonly LeftStep[] {
  return end.run.state === "stuck" ? [] : end.left;
}

/** A step that throws after so many calls of the context, or after its effect when it makes fewer. */
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

function twice<C>(step: Step<C>): Step<C> {
  const { undo } = step;
  return {
    ...step,
    run: async (context, signal) => {
      await step.run(context, signal);
      return step.run(context, signal);
    },
    ...(undo === undefined
      ? {}
      : {
          undo: async (context, output, signal) => {
            await undo(context, output, signal);
            await undo(context, output, signal);
          },
        }),
  };
}

function settings(store: Store, application: string) {
  return { store, application, by: "a test", signal: new AbortController().signal, clock: quickClock };
}

function resume<C, I>(
  store: Store,
  application: string,
  workflow: Workflow<C, I>,
  context: C,
): Promise<unknown> {
  return resumeRun({ ...settings(store, application), workflows: [workflow], contextFor: () => context });
}

async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  return work().catch((error: unknown) => error);
}

async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  const folder = await quickFolder();
  const store = await openStore(folder);
  try {
    await work(store);
  } finally {
    await store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}
