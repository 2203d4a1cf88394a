import { rm } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import type { Store } from "../../core/store.ts";
import type { Workflow } from "../../core/workflow.ts";
import { openStore } from "../../store/lmdb.ts";
import { history, unfinishedRun } from "../../workflow/history.ts";
import { resumeRun, runWorkflow } from "../../workflow/runner.ts";
import { quickFolder } from "./quick-folder.ts";

/** A world that the workflow's context acts on; `snapshot` is all of it that matters, as plain data. */
export interface FakeWorld<C> extends Partial<AsyncDisposable> {
  readonly context: C;
  snapshot(): unknown;
}

/** What a workflow is tried with. A world that has something to give back is disposed of after each run. */
export interface Case<C, I> {
  readonly input: I;
  freshWorld(): FakeWorld<C> | Promise<FakeWorld<C>>;
}

/** Pauses pass at once. */
export const quickClock: Clock = {
  now: () => Date.now(),
  sleep: async (_ms, signal) => signal.throwIfAborted(),
};

/** Runs one workflow again and again, each time in a fresh world and for an application of its own. */
export class Trial<C, I> {
  readonly store: Store;
  readonly #input: I;
  readonly #freshWorld: Case<C, I>["freshWorld"];
  #runs = 0;

  private constructor(store: Store, { input, freshWorld }: Case<C, I>) {
    this.store = store;
    this.#input = input;
    this.#freshWorld = freshWorld;
  }

  static async of<C, I>(given: Case<C, I>, work: (trial: Trial<C, I>) => Promise<void>): Promise<void> {
    const folder = await quickFolder();
    const store = await openStore(folder);
    try {
      await work(new Trial(store, given));
    } finally {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async inFreshWorld<T>(work: (attempt: Attempt<C, I>, world: FakeWorld<C>) => Promise<T>): Promise<T> {
    const world = await this.#freshWorld();
    try {
      this.#runs += 1;
      return await work(new Attempt(`app-${this.#runs}`, this.store, this.#input, world.context), world);
    } finally {
      await world[Symbol.asyncDispose]?.();
    }
  }
}

/** One run and what follows it. `run` and `resume` give what was thrown, if anything. */
export class Attempt<C, I> {
  readonly #application: string;
  readonly #store: Store;
  readonly #input: I;
  readonly #context: C;

  constructor(application: string, store: Store, input: I, context: C) {
    this.#application = application;
    this.#store = store;
    this.#input = input;
    this.#context = context;
  }

  run(workflow: Workflow<C, I>, store = this.#store): Promise<unknown> {
    const settings = { ...this.#settings(), store, workflow, input: this.#input, context: this.#context };
    return runWorkflow(settings).catch((error: unknown) => error);
  }

  resume(workflow: Workflow<C, I>): Promise<unknown> {
    const settings = { ...this.#settings(), workflows: [workflow], contextFor: () => this.#context };
    return resumeRun(settings).catch((error: unknown) => error);
  }

  /** What a person does after a crash: resume, or the same command when it had not begun. */
  async again(workflow: Workflow<C, I>): Promise<void> {
    if ((await unfinishedRun(this.#store, this.#application)) !== undefined) await this.resume(workflow);
    else if ((await this.state()) === undefined) await this.run(workflow);
  }

  async state(): Promise<string | undefined> {
    return (await history(this.#store, this.#application)).at(-1)?.state;
  }

  #settings() {
    const signal = new AbortController().signal;
    return { store: this.#store, application: this.#application, by: "a test", signal, clock: quickClock };
  }
}
