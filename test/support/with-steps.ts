import type { Step, StepTree, Workflow } from "../../core/workflow.ts";

/** The workflow with each step replaced. */
export function withSteps<C, I>(
  workflow: Workflow<C, I>,
  replace: (step: Step<C>) => Step<C>,
): Workflow<C, I> {
  const { name, input } = workflow;
  return { name, input, steps: (given) => mapped(workflow.steps(given), replace) };
}

function mapped<C>(tree: StepTree<C>, replace: (step: Step<C>) => Step<C>): StepTree<C> {
  if ("sequence" in tree) return { sequence: tree.sequence.map((part) => mapped(part, replace)) };
  if ("parallel" in tree) return { parallel: tree.parallel.map((part) => mapped(part, replace)) };
  return replace(tree);
}
