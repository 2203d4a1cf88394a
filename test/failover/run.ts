import type { Step, StepScope, StepTree, Workflow } from "../../core/workflow.ts";
import type { ProtectionWorld } from "../../failover/world.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list mixes steps of different outputs
type AnyStep = Step<ProtectionWorld, any>;

/** Runs the steps in order and, when one fails, undoes those that were begun; gives the outputs. */
export async function run<I>(
  workflow: Workflow<ProtectionWorld, I>,
  input: I,
  world: ProtectionWorld,
): Promise<(step: AnyStep) => unknown> {
  const outputs = new Map<string, unknown>();
  const scope: StepScope = { output: (step) => outputs.get(step.name) as never, report: () => undefined };
  const context = Object.assign(Object.create(world) as ProtectionWorld, scope);
  const { signal } = new AbortController();
  const begun: AnyStep[] = [];
  try {
    for (const step of flat(workflow.steps(workflow.input.parse(input)))) {
      begun.unshift(step);
      outputs.set(step.name, step.output.parse(await step.run(context, signal)));
    }
  } catch (error) {
    if (begun.every(({ pointOfNoReturn }) => pointOfNoReturn === undefined)) {
      for (const step of begun) await step.undo?.(context, outputs.get(step.name), signal);
    }
    throw error;
  }
  return (step) => outputs.get(step.name);
}

function flat(tree: StepTree<ProtectionWorld>): readonly AnyStep[] {
  if ("sequence" in tree) return tree.sequence.flatMap(flat);
  return "parallel" in tree ? tree.parallel.flatMap(flat) : [tree];
}
