import { HotsiteError } from "../core/errors.ts";
import type { Step, StepTree } from "../core/workflow.ts";

/** The steps of a tree in the order in which they are written. */
export function stepsOf<C>(tree: StepTree<C>): readonly Step<C>[] {
  if ("sequence" in tree) return tree.sequence.flatMap((part) => stepsOf(part));
  if ("parallel" in tree) return tree.parallel.flatMap((part) => stepsOf(part));
  return [tree];
}

/** What a plan lists. */
export function stepNames<C>(tree: StepTree<C>): readonly string[] {
  return stepsOf(tree).map(({ name }) => name);
}

/** Throws unless a journal can tell the steps apart and knows how each one is left behind. */
export function checkSteps<C>(workflow: string, tree: StepTree<C>): void {
  const seen = new Set<string>();
  for (const step of stepsOf(tree)) {
    if (seen.has(step.name)) throw invalid(workflow, `two steps are called "${step.name}"`);
    seen.add(step.name);
    const ends = [step.undo, step.pointOfNoReturn, step.readOnly === true ? true : undefined];
    if (ends.filter((end) => end !== undefined).length !== 1) {
      throw invalid(workflow, `"${step.name}" has to have one of undo, pointOfNoReturn and readOnly`);
    }
  }
}

function invalid(workflow: string, problem: string): HotsiteError {
  return new HotsiteError("invalid-workflow", `${workflow}: ${problem}`);
}
