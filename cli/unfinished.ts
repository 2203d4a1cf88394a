import type { Step, StepTree } from "../core/workflow.ts";
import type { RunHistory } from "../workflow/history.ts";
import { stepsOf } from "../workflow/tree.ts";

/** The steps that a resumed run still has to take. */
export function stepsToDo<C>(tree: StepTree<C>, run: RunHistory): StepTree<C> {
  const done = new Set(run.steps.filter(({ state }) => state === "done").map(({ name }) => name));
  return without(tree, done);
}

/** The steps that taking a run back undoes, the latest first. */
export function stepsToUndo<C>(tree: StepTree<C>, run: RunHistory): StepTree<C> {
  const begun = new Set(run.steps.filter(({ state }) => state !== "undone").map(({ name }) => name));
  const undone = stepsOf(tree).filter((step) => begun.has(step.name) && step.undo !== undefined);
  return { sequence: undone.toReversed() };
}

function without<C>(tree: StepTree<C>, done: ReadonlySet<string>): StepTree<C> {
  if ("sequence" in tree) return { sequence: tree.sequence.map((part) => without(part, done)) };
  if ("parallel" in tree) return { parallel: tree.parallel.map((part) => without(part, done)) };
  return done.has((tree satisfies Step<C>).name) ? { sequence: [] } : tree;
}
