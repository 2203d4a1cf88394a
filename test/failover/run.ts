import type { Workflow } from "../../core/workflow.ts";
import type { DrillHost, RunRecord } from "../../failover/drill.ts";
import { journaledHost } from "../../failover/drill-host.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import { forever, type FakeWorld } from "./fake-world.ts";

/** Runs a workflow to its end; a failure is thrown as it was, not as the runner wraps it. */
export async function run<I>(
  workflow: Workflow<ProtectionWorld, I>,
  input: I,
  world: FakeWorld,
): Promise<RunRecord> {
  try {
    return await hostFor(world).run(workflow, input, forever);
  } catch (error) {
    throw error instanceof Error && error.cause !== undefined ? error.cause : error;
  }
}

/** A drill's host over the real runner; `said` keeps its lines. */
export function hostFor(world: FakeWorld): DrillHost & { readonly said: string[] } {
  const said: string[] = [];
  return { said, ...journaledHost({ world, by: "a test", say: (text) => said.push(text) }) };
}
