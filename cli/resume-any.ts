import { HotsiteError } from "../core/errors.ts";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { failoverWorkflow } from "../failover/failover.ts";
import { reprotectWorkflow } from "../failover/reprotect.ts";
import { switchoverWorkflow } from "../failover/switchover.ts";
import type { ProtectionWorld } from "../failover/world.ts";
import { fleetWorld, type FleetWorld } from "../lifecycle/fleet-world.ts";
import { installWorkflow } from "../lifecycle/install.ts";
import { reapWorkflow } from "../lifecycle/orphans.ts";
import { scaleWorkflow } from "../lifecycle/scale.ts";
import { uninstallWorkflow } from "../lifecycle/uninstall.ts";
import { updateWorkflow } from "../lifecycle/update.ts";
import type { RunRecord } from "../workflow/records.ts";
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
  const own = fleetWorkflows(session);
  if (own.some((workflow) => workflow.name === name)) {
    return resumeRun({ ...settings, workflows: own, contextFor: () => fleetWorld(world) });
  }
  const protection = await openProtection(session);
  return resumeRun({ ...settings, workflows: roleWorkflows, contextFor: () => protection });
}

/** The steps of a run, from its journaled input. Throws `HotsiteError` "unknown-workflow". */
export function stepsOfRun(session: Session, { workflow: name, input }: RunRecord): StepTree<never> {
  const workflow = [...fleetWorkflows(session), ...roleWorkflows].find((one) => one.name === name);
  if (workflow !== undefined) return workflow.steps(workflow.input.parse(input));
  throw new HotsiteError("unknown-workflow", `there is no workflow ${name} here`, {
    hint: "use the version of Hotsite that started the run",
  });
}

function fleetWorkflows({ world }: Session): readonly Workflow<FleetWorld, unknown>[] {
  const ofApplication = [installWorkflow, uninstallWorkflow, scaleWorkflow, updateWorkflow];
  return [...ofApplication.map((workflow) => workflow(world.application)), reapWorkflow];
}

const roleWorkflows = [switchoverWorkflow, failoverWorkflow, reprotectWorkflow] as readonly Workflow<
  ProtectionWorld,
  unknown
>[];
