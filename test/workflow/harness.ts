import { rm } from "node:fs/promises";
import { afterEach, beforeEach } from "@jest/globals";
import type { Store } from "../../core/store.ts";
import type { Workflow } from "../../core/workflow.ts";
import { openStore } from "../../store/lmdb.ts";
import type { RunEvent } from "../../workflow/events.ts";
import { resumeRun, runWorkflow, type ResumeMode } from "../../workflow/runner.ts";
import type { RunResult, RunSettings } from "../../workflow/settings.ts";
import { quickFolder } from "../support/quick-folder.ts";
import { quickClock } from "../support/workflow-laws.ts";
import { FakeCloud } from "./fake-cloud.ts";

/** A store, a cloud and what the observer heard, fresh for each test. */
export interface Harness {
  store: Store;
  cloud: FakeCloud;
  events: RunEvent[];
  cancel: AbortController;
  run(workflow: Workflow<FakeCloud, null>, change?: Partial<RunSettings>): Promise<RunResult>;
  resume(workflow: Workflow<FakeCloud, null>, mode?: ResumeMode): Promise<RunResult>;
  settings(): RunSettings;
}

export function harness(): Harness {
  const made: Harness = {
    store: undefined as unknown as Store,
    cloud: new FakeCloud(),
    events: [],
    cancel: new AbortController(),
    run: (workflow, change = {}) =>
      runWorkflow({ ...made.settings(), workflow, input: null, context: made.cloud, ...change }),
    resume: (workflow, mode) =>
      resumeRun({ ...made.settings(), workflows: [workflow], contextFor: () => made.cloud, mode }),
    settings: () => ({
      application: "petclinic",
      store: made.store,
      observer: { onEvent: (event) => made.events.push(event) },
      signal: made.cancel.signal,
      by: "ops@laptop",
      clock: quickClock,
    }),
  };
  let folder: string;

  beforeEach(async () => {
    folder = await quickFolder();
    made.store = await openStore(folder);
    made.cloud = new FakeCloud();
    made.events = [];
    made.cancel = new AbortController();
  });

  afterEach(async () => {
    await made.store[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return made;
}
