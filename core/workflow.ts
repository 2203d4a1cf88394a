import type { z } from "zod";

/** What the runner gives each step besides the workflow's own context. */
export interface StepScope {
  /** What an earlier step of this run returned. Throws when it has not run. */
  output<O>(step: Step<never, O>): O;
  /** Progress of a long step, for the person who watches. */
  report(text: string): void;
}

/**
 * One journaled unit of work. `run` must be repeatable: after a crash it runs again from its start.
 * Either `undo` or `pointOfNoReturn` or `readOnly` is given.
 */
export interface Step<C, O = unknown> {
  /** Unique within its workflow: `east/db-1: install`. */
  readonly name: string;
  /** What `run` returns, as it is journaled. Holds no secret. */
  readonly output: z.ZodType<O>;
  run(context: C & StepScope, signal: AbortSignal): Promise<O>;
  /** Takes back what `run` did, also when `run` stopped halfway (`output` is then undefined); repeatable. */
  undo?(context: C & StepScope, output: O | undefined, signal: AbortSignal): Promise<void>;
  /** Why nothing is undone from here on: the run can only go forward. */
  readonly pointOfNoReturn?: string;
  /** The step changes nothing, so there is nothing to undo. */
  readonly readOnly?: boolean;
}

/** Steps in order, side by side, or one. */
export type StepTree<C> =
  Step<C> | { readonly sequence: readonly StepTree<C>[] } | { readonly parallel: readonly StepTree<C>[] };

/** A verb that changes the world. `steps` is rebuilt from the journaled input when a run is resumed, so it must be a pure function of it. */
export interface Workflow<C, I> {
  readonly name: string;
  readonly input: z.ZodType<I>;
  steps(input: I): StepTree<C>;
}
