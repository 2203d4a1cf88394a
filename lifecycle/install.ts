import { z } from "zod";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { parallel, sequence } from "../workflow/define.ts";
import { validateWorld } from "./claims.ts";
import { packagesStep, serviceStep } from "./job-steps.ts";
import { launchStep } from "./launch.ts";
import { phasesOf, type Job } from "./phases.ts";
import { checkTraffic, fillPool, firstAuthority, startLink } from "./protect.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

export const installInput = z.strictObject({
  /** Marks the nodes that this run claims: unwinding destroys those, and no other. */
  run: z.string(),
  /** The site that is primary. */
  activeSite: z.string(),
  /** The standby held a full copy before this run: unwinding leaves its link alone. */
  copied: z.boolean(),
});

export type InstallInput = z.infer<typeof installInput>;

/** Brings the world to what the config says: launches what is missing, installs, starts, protects. Repeatable: what is there already is left alone. */
export function installWorkflow(application: World["application"]): Workflow<World, InstallInput> {
  return {
    name: "install",
    input: installInput,
    steps: (input) => installSteps(application, input),
  };
}

function installSteps(application: World["application"], input: InstallInput): StepTree<World> {
  const nodes = nodesOf(application);
  const phases = phasesOf(application, input.activeSite);
  const around = { application, activeSite: input.activeSite };
  const put = (jobs: readonly Job[]): StepTree<World> =>
    parallel(...jobs.map((job) => serviceStep(job, around)));
  return sequence(
    validateWorld(application),
    parallel(...nodes.map((spec) => launchStep(spec, input.run))),
    parallel(
      ...nodes.flatMap((spec) => spec.services.map((placement) => packagesStep({ spec, placement }, around))),
    ),
    put(phases.edge),
    ...firstAuthority(application, input),
    ...phases.sites.map((jobs) => put(jobs)),
    ...startLink(application, input),
    ...phases.standby.map((jobs) => put(jobs)),
    put(phases.balancer),
    ...fillPool(application, input),
    ...checkTraffic(application),
  );
}
