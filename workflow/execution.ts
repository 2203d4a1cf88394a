import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Step, StepScope, StepTree } from "../core/workflow.ts";
import { anySignal } from "./any-signal.ts";
import { withDeadline } from "./deadline.ts";
import type { LeftStep, Observer, RunEvent } from "./events.ts";
import { JournalError, type Journal } from "./journal.ts";
import { failureOf, type StepRecord } from "./records.ts";
import { withRetries } from "./retry.ts";
import { scoped } from "./scope.ts";
import { Slots } from "./slots.ts";
import { stepsOf } from "./tree.ts";

/** What one run is made of. */
export interface ExecutionParts<C> {
  readonly tree: StepTree<C>;
  readonly journal: Journal;
  readonly context: C;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly concurrency: number;
  readonly undoTimeoutMs: number;
}

/** A step of the run failed; `cause` says why. */
export class StepFailure extends HotsiteError {
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super("step-failed", step, { cause });
    this.step = step;
  }
}

/** Walks the steps of one run forward or back; each is in the journal before it does anything. */
export class Execution<C> {
  readonly steps: readonly Step<C>[];
  readonly #parts: ExecutionParts<C>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #slots: Slots;

  constructor(parts: ExecutionParts<C>) {
    this.#parts = parts;
    this.steps = stepsOf(parts.tree);
    this.#numbers = new Map(this.steps.map(({ name }, index) => [name, index]));
    this.#slots = new Slots(parts.concurrency);
  }

  /** Runs what is not done yet. Throws `StepFailure`, `JournalError` or the signal's reason. */
  forward(signal: AbortSignal): Promise<void> {
    return this.#advance(this.#parts.tree, signal);
  }

  /** Undoes all that was started, last first, and side by side what ran side by side. Goes on when an undo fails; `left` tells. */
  backward(held: AbortSignal): Promise<void> {
    return this.#retreat(this.#parts.tree, held);
  }

  /** Why the run can only go forward, or undefined. A step that was only begun counts: its effect may be there. */
  passed(): string | undefined {
    return this.steps.find(
      (step) => step.pointOfNoReturn !== undefined && this.#record(step.name) !== undefined,
    )?.pointOfNoReturn;
  }

  /** The steps that are not done. */
  toDo(): readonly LeftStep[] {
    return this.#those((record) => record?.state !== "done");
  }

  /** The steps whose undo failed. */
  left(): readonly LeftStep[] {
    return this.#those((record) => record?.state === "undo-failed");
  }

  async #advance(tree: StepTree<C>, signal: AbortSignal): Promise<void> {
    if ("sequence" in tree) for (const part of tree.sequence) await this.#advance(part, signal);
    else if ("parallel" in tree) await this.#together(tree.parallel, signal);
    else await this.#slots.use(() => this.#runStep(tree, signal));
  }

  async #together(parts: readonly StepTree<C>[], signal: AbortSignal): Promise<void> {
    const cancel = new AbortController();
    const either = anySignal(signal, cancel.signal);
    const errors: unknown[] = [];
    const ends = parts.map((part) =>
      this.#advance(part, either).catch((error: unknown) => {
        errors.push(error);
        cancel.abort(new HotsiteError("cancelled", "a step beside it failed"));
      }),
    );
    await Promise.all(ends);
    if (errors.length > 0) throw errors.find((error) => error instanceof JournalError) ?? errors[0];
  }

  async #runStep(step: Step<C>, signal: AbortSignal): Promise<void> {
    if (this.#record(step.name)?.state === "done") return;
    signal.throwIfAborted();
    await this.#move(step, "running");
    const sinceMs = this.#parts.clock.now();
    this.#tell({ kind: "step-started", step: step.name, attempt: this.#attempt(step) });
    try {
      const output = await withRetries(
        () => this.#try(step, signal),
        this.#onRetry(step),
        this.#parts.clock,
        signal,
      );
      await this.#move(step, "done", { output, error: undefined });
    } catch (error) {
      if (error instanceof JournalError) throw error;
      await this.#move(step, "failed", { error: failureOf(error) });
      this.#tell({ kind: "step-failed", step: step.name, ms: this.#since(sinceMs), error: failureOf(error) });
      throw new StepFailure(step.name, error);
    }
    this.#tell({ kind: "step-done", step: step.name, ms: this.#since(sinceMs) });
  }

  async #try(step: Step<C>, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const { success, data, error } = step.output.safeParse(await step.run(this.#context(step), signal));
    if (success) return data;
    throw new HotsiteError(
      "bad-output",
      `it gave something else than it declares: ${z.prettifyError(error)}`,
      { cause: error },
    );
  }

  #onRetry(step: Step<C>): (error: HotsiteError, pauseMs: number) => Promise<void> {
    return async (error, pauseMs) => {
      await this.#move(step, "running", { error: failureOf(error) });
      this.#tell({
        kind: "step-retried",
        step: step.name,
        attempt: this.#attempt(step),
        pauseMs,
        error: failureOf(error),
      });
    };
  }

  async #retreat(tree: StepTree<C>, held: AbortSignal): Promise<void> {
    if ("sequence" in tree) for (const part of tree.sequence.toReversed()) await this.#retreat(part, held);
    else if ("parallel" in tree) await Promise.all(tree.parallel.map((part) => this.#retreat(part, held)));
    else await this.#slots.use(() => this.#undoStep(tree, held));
  }

  async #undoStep(step: Step<C>, held: AbortSignal): Promise<void> {
    const record = this.#record(step.name);
    if (step.undo === undefined || record === undefined || record.state === "undone") return;
    held.throwIfAborted();
    await this.#move(step, "undoing");
    const sinceMs = this.#parts.clock.now();
    this.#tell({ kind: "step-undoing", step: step.name });
    try {
      await this.#undo(step, record, held);
    } catch (error) {
      held.throwIfAborted();
      await this.#move(step, "undo-failed", { error: failureOf(error) });
      this.#tell({
        kind: "step-undo-failed",
        step: step.name,
        ms: this.#since(sinceMs),
        error: failureOf(error),
      });
      return;
    }
    await this.#move(step, "undone");
    this.#tell({ kind: "step-undone", step: step.name, ms: this.#since(sinceMs) });
  }

  #undo(step: Step<C>, { output }: StepRecord, held: AbortSignal): Promise<void> {
    const { clock, undoTimeoutMs } = this.#parts;
    const known: unknown = output === undefined ? undefined : step.output.parse(output);
    const retried = (): Promise<void> => Promise.resolve();
    return withDeadline(undoTimeoutMs, held, (signal) =>
      withRetries(async () => step.undo?.(this.#context(step), known, signal), retried, clock, signal),
    );
  }

  #context(step: Step<C>): C & StepScope {
    return scoped(this.#parts.context, {
      output: <O>(wanted: Step<never, O>) => this.#output(step.name, wanted),
      report: (text) => this.#tell({ kind: "step-progress", step: step.name, text }),
    });
  }

  #output<O>(asker: string, { name, output }: Step<never, O>): O {
    const record = this.#record(name);
    if (record?.state === "done" || record?.output !== undefined) return output.parse(record.output);
    throw new HotsiteError("no-output", `"${asker}" needs what "${name}" gives, which has not run`);
  }

  #those(wanted: (record: StepRecord | undefined) => boolean): readonly LeftStep[] {
    return this.steps
      .map(({ name }) => ({ step: name, record: this.#record(name) }))
      .filter(({ record }) => wanted(record))
      .map(({ step, record }) => ({ step, problem: record?.error?.message }));
  }

  #record(name: string): StepRecord | undefined {
    return this.#parts.journal.step(this.#numbers.get(name) ?? -1);
  }

  #move(
    step: Step<C>,
    ...change: Parameters<Journal["moveStep"]> extends [number, string, ...infer Rest] ? Rest : never
  ): Promise<void> {
    return this.#parts.journal.moveStep(this.#numbers.get(step.name) ?? -1, step.name, ...change);
  }

  #attempt(step: Step<C>): number {
    return this.#record(step.name)?.attempts ?? 0;
  }

  #since(ms: number): number {
    return this.#parts.clock.now() - ms;
  }

  #tell(event: RunEvent): void {
    this.#parts.observer.onEvent(event);
  }
}
