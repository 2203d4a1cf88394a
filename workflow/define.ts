import type { Step, StepTree } from "../core/workflow.ts";

/** Gives the step back, with its output's type inferred from the schema. */
export function defineStep<C, O>(step: Step<C, O>): Step<C, O> {
  return step;
}

/** One after the other. */
export function sequence<C>(...steps: readonly StepTree<C>[]): StepTree<C> {
  return { sequence: steps };
}

/** Side by side: none may need another one's output. */
export function parallel<C>(...steps: readonly StepTree<C>[]): StepTree<C> {
  return { parallel: steps };
}
