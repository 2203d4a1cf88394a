import type { Workflow } from "../core/workflow.ts";
import { failoverWorkflow } from "../failover/failover.ts";
import { reprotectWorkflow } from "../failover/reprotect.ts";
import { switchoverWorkflow } from "../failover/switchover.ts";
import type { ProtectionWorld } from "../failover/world.ts";
import { fleetWorld, type FleetWorld } from "../lifecycle/fleet-world.ts";
import { installWorkflow } from "../lifecycle/install.ts";
import { scaleWorkflow } from "../lifecycle/scale.ts";
import { uninstallWorkflow } from "../lifecycle/uninstall.ts";
import { resumeRun } from "../workflow/runner.ts";
import { openProtection } from "./protection.ts";
import type { Session } from "./session.ts";

type Settings = Omit<Parameters<typeof resumeRun>[0], "workflows" | "contextFor">;

/** Continues or unwinds a run of any workflow. Those that touch roles and traffic need more of the world than those that install. */
export async function resumeAny(
  session: Session,
  name: string,
  settings: Settings,
): ReturnType<typeof resumeRun> {
  const { world } = session;
  const own = [installWorkflow, uninstallWorkflow, scaleWorkflow].map((workflow) =>
    workflow(world.application),
  ) as Workflow<FleetWorld, unknown>[];
  if (own.some((workflow) => workflow.name === name)) {
    return resumeRun({ ...settings, workflows: own, contextFor: () => fleetWorld(world) });
  }
  const protection = await openProtection(session);
  const workflows = [switchoverWorkflow, failoverWorkflow, reprotectWorkflow] as Workflow<
    ProtectionWorld,
    unknown
  >[];
  return resumeRun({ ...settings, workflows, contextFor: () => protection });
}
