import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Clock } from "../core/clock.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { Store } from "../core/store.ts";
import { countJournalWrite } from "./kill-switch.ts";
import { keys, parseRun, parseStep, type RunRecord, type StepRecord } from "./records.ts";
import { assertRunMove, assertStepMove, isFinished, type RunState, type StepState } from "./transitions.ts";

/** The journal could not be written: nothing may be done that it does not know of, neither forward nor back. */
export class JournalError extends HotsiteError {
  constructor(cause: unknown) {
    super("journal-failed", `the journal could not be written: ${messageOf(cause)}`, {
      cause,
      hint: "mend the state folder, then: hotsite resume",
    });
  }
}

type Kept<T> = { record: T; revision: number };

/**
 * What is known of one run, each change durable before it is relied on. Every write is conditional on the one before,
 * so a process that lost its run to another one cannot write to it any more.
 */
export class Journal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #run: Kept<RunRecord>;
  readonly #steps: Map<number, Kept<StepRecord>>;

  private constructor(
    store: Store,
    clock: Clock,
    run: Kept<RunRecord>,
    steps: Map<number, Kept<StepRecord>>,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#run = run;
    this.#steps = steps;
  }

  /** Starts the journal of a new run. */
  static async begin(
    store: Store,
    clock: Clock,
    facts: Pick<RunRecord, "application" | "workflow" | "input" | "by">,
  ): Promise<Journal> {
    const startedAt = clock.now();
    const id = `${new Date(startedAt).toISOString().replaceAll(/[-:.]/g, "")}-${randomBytes(3).toString("hex")}`;
    const record: RunRecord = { id, ...facts, state: "running", startedAt, holder: thisProcess() };
    const journal = new Journal(store, clock, { record, revision: 0 }, new Map());
    await journal.#write(keys.run(record.application, id), journal.#run, record);
    return journal;
  }

  /** The journal of the run that is not finished, or undefined. */
  static async unfinished(store: Store, clock: Clock, application: string): Promise<Journal | undefined> {
    const run = await findUnfinished(store, application);
    if (run === undefined) return undefined;
    const stored = await store.list(keys.steps(application, run.record.id));
    const steps = stored.map(({ key, value, revision }) => {
      return [Number(key.slice(key.lastIndexOf("/") + 1)), { record: parseStep(value), revision }] as const;
    });
    return new Journal(store, clock, run, new Map(steps));
  }

  get run(): RunRecord {
    return this.#run.record;
  }

  step(index: number): StepRecord | undefined {
    return this.#steps.get(index)?.record;
  }

  /** The steps that were begun. */
  started(): readonly { index: number; name: string }[] {
    return [...this.#steps].map(([index, { record }]) => ({ index, name: record.name }));
  }

  /** Moves the run to another state. */
  async moveRun(state: RunState, facts: Partial<Pick<RunRecord, "error">> = {}): Promise<void> {
    const { record } = this.#run;
    assertRunMove(record.state, state);
    const endedAt = isFinished(state) ? this.#clock.now() : undefined;
    await this.#write(keys.run(record.application, record.id), this.#run, {
      ...record,
      ...facts,
      state,
      endedAt,
      holder: thisProcess(),
    });
  }

  /** Moves a step to another state; the first time with its name. */
  async moveStep(
    index: number,
    name: string,
    state: StepState,
    facts: Partial<Pick<StepRecord, "output" | "error">> = {},
  ): Promise<void> {
    const kept = this.#steps.get(index) ?? {
      record: { name, state: "running", attempts: 0, startedAt: this.#clock.now() } satisfies StepRecord,
      revision: 0,
    };
    assertStepMove(kept.revision === 0 ? undefined : kept.record.state, state);
    const { application, id } = this.run;
    const record: StepRecord = { ...kept.record, ...facts, state };
    if (state === "running") Object.assign(record, { attempts: record.attempts + 1, endedAt: undefined });
    if (state === "done" || state === "failed") record.endedAt = this.#clock.now();
    this.#steps.set(index, kept);
    await this.#write(keys.step(application, id, index), kept, record);
  }

  async #write<T>(key: string, kept: Kept<T>, record: T): Promise<void> {
    // What is kept in memory is what a resumed run would read: a class or a Date would differ.
    const plain = JSON.parse(JSON.stringify(record)) as T;
    try {
      kept.revision = await this.#store.put(key, plain, kept.revision);
    } catch (cause) {
      throw new JournalError(cause);
    }
    kept.record = plain;
    countJournalWrite();
  }
}

/** The run of this application that is neither done nor undone: at most one. */
export async function findUnfinished(
  store: Store,
  application: string,
): Promise<Kept<RunRecord> | undefined> {
  const prefix = keys.runs(application);
  for (const { key, value, revision } of await store.list(prefix)) {
    if (key.slice(prefix.length).includes("/")) continue;
    const record = parseRun(value);
    if (!isFinished(record.state)) return { record, revision };
  }
  return undefined;
}

function thisProcess(): string {
  return `pid ${process.pid} on ${hostname()}`;
}
