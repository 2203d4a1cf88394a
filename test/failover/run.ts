import type { Step, StepScope, StepTree, Workflow } from "../../core/workflow.ts";
import type { RunRecord } from "../../failover/drill.ts";
import type { ProtectionWorld } from "../../failover/world.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list mixes steps of different outputs
type AnyStep = Step<ProtectionWorld, any>;

/** Runs the steps in order and, when one fails before the point of no return, undoes those that were begun. */
export async function run<I>(
  workflow: Workflow<ProtectionWorld, I>,
  input: I,
  world: ProtectionWorld,
): Promise<RunRecord> {
  const outputs = new Map<string, unknown>();
  const scope: StepScope = { output: (step) => outputs.get(step.name) as never, report: () => undefined };
  const context = Object.assign(Object.create(world) as ProtectionWorld, scope);
  const { signal } = new AbortController();
  const begun: AnyStep[] = [];
  const steps: RunRecord["steps"][number][] = [];
  try {
    for (const step of flat(workflow.steps(workflow.input.parse(input)))) {
      begun.unshift(step);
      const startedMs = world.clock.now();
      outputs.set(step.name, step.output.parse(await step.run(context, signal)));
      steps.push({ name: step.name, startedMs, endedMs: world.clock.now(), output: outputs.get(step.name) });
    }
  } catch (error) {
    if (begun.every(({ pointOfNoReturn }) => pointOfNoReturn === undefined)) {
      for (const step of begun) await step.undo?.(context, outputs.get(step.name), signal);
    }
    throw error;
  }
  return { steps };
}

function flat(tree: StepTree<ProtectionWorld>): readonly AnyStep[] {
  if ("sequence" in tree) return tree.sequence.flatMap(flat);
  return "parallel" in tree ? tree.parallel.flatMap(flat) : [tree];
}
