import { z } from "zod";
import type { Step, StepTree, Workflow } from "../core/workflow.ts";
import { parallel, sequence } from "../workflow/define.ts";
import { applyPackages, applyService } from "./apply.ts";
import { validateWorld } from "./claims.ts";
import { launchStep } from "./launch.ts";
import { phasesOf, type Job } from "./phases.ts";
import { checkTraffic, fillPool, firstAuthority, startLink } from "./protect.ts";
import { nodesOf } from "./topology.ts";
import { workOf } from "./work.ts";
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

const outcome = z.enum(["changed", "unchanged"]);

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
  const put = (jobs: readonly Job[], start = true): StepTree<World> =>
    parallel(...jobs.map((job) => serviceStep(job, input, start)));
  return sequence(
    validateWorld(application),
    parallel(...nodes.map((spec) => launchStep(spec, input.run))),
    parallel(
      ...nodes.flatMap((spec) => spec.services.map((placement) => packagesStep({ spec, placement }, input))),
    ),
    put(phases.edge),
    ...firstAuthority(application, input),
    ...phases.sites.map((jobs) => put(jobs)),
    ...startLink(application, input),
    ...phases.standby.map((jobs) => put(jobs, isHot(application, input))),
    put(phases.balancer),
    ...fillPool(application, input),
    ...checkTraffic(application),
  );
}

/** Whether the standby's web tier runs beside a read-only database; a warm one is installed, and started after promotion. */
function isHot({ sites }: World["application"], { activeSite }: InstallInput): boolean {
  return sites.some(({ name, standby }) => name !== activeSite && standby === "hot");
}

function packagesStep(job: Job, { activeSite }: InstallInput): Step<World, z.infer<typeof outcome>> {
  return {
    name: `${label(job)}: packages`,
    output: outcome,
    run: async (world, signal) => applyPackages(await workOf(world, job, activeSite, signal), signal),
    // A node that this run launched is destroyed with all that is on it; on an older one a package more does no harm.
    undo: () => Promise.resolve(),
  };
}

function serviceStep(
  job: Job,
  { activeSite }: InstallInput,
  start: boolean,
): Step<World, z.infer<typeof outcome>> {
  return {
    name: `${label(job)}: ${start ? "install" : "install, not started"}`,
    output: outcome,
    run: async (world, signal) =>
      applyService(await workOf(world, job, activeSite, signal), { start }, signal),
    undo: () => Promise.resolve(),
  };
}

function label({ spec, placement }: Job): string {
  return `${spec.site}/${spec.name} ${placement.service.name}`;
}
