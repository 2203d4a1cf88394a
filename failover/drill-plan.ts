import type { StepTree } from "../core/workflow.ts";
import type { DrillKind } from "./drill-report.ts";
import { failoverWorkflow, planFailover } from "./failover.ts";
import { reprotectWorkflow, type ReprotectInput } from "./reprotect.ts";
import { planSwitchover, switchoverWorkflow } from "./switchover.ts";
import type { ProtectionWorld } from "./world.ts";

/** The steps that a drill would take between its fault and its end. Changes nothing. */
export async function planDrill(world: ProtectionWorld, kind: DrillKind): Promise<StepTree<ProtectionWorld>> {
  if (kind === "switchover") return switchoverWorkflow.steps(await planSwitchover(world));
  const failover = await planFailover(world);
  const { from: standby, to: active, epoch } = failover;
  // What the failover will have made of the world by then.
  const afterwards: ReprotectInput = {
    ...{ active, standby, epoch: epoch + 1, copyMs: 0, skip: [] },
    held: { epoch: epoch + 1, writer: active },
    failover: {
      atMs: 0,
      from: standby,
      to: active,
      epoch: epoch + 1,
      applied: "",
      automatic: false,
      undecided: [],
      lossWithinSeconds: null,
    },
  };
  return { sequence: [failoverWorkflow.steps(failover), reprotectWorkflow.steps(afterwards)] };
}
