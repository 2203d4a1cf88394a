import { z } from "zod";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { parallel, sequence } from "../workflow/define.ts";
import { changedInstances, instance, jobOf, jobsOf, type Instance } from "./changed.ts";
import { validateWorld } from "./claims.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { packagesStep, serviceStep } from "./job-steps.ts";
import { launchStep } from "./launch.ts";
import { endStream } from "./move-log.ts";
import { phasesOf, type Job } from "./phases.ts";
import { forgetMembers } from "./pool-steps.ts";
import { checkTraffic, fillPool, firstAuthority, startLink } from "./protect.ts";
import { forgetSteps, rollSteps } from "./roll.ts";
import { getsTraffic } from "./roll-traffic.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

export const installInput = z.strictObject({
  /** Marks the nodes that this run claims: unwinding destroys those, and no other. */
  run: z.string(),
  /** The site that is primary. */
  activeSite: z.string(),
  /** A failover is open: the other site gets its copy from `reprotect`, which keeps before what only it has. */
  alone: z.boolean().optional(),
  /** The standby held a full copy before this run: unwinding leaves its link alone. */
  copied: z.boolean(),
  /** Instances with traffic that the config has changed: they are updated one after the other, as `update` does. */
  roll: z.array(instance),
  drainMs: z.number(),
  sessionsMs: z.number().default(0),
  /** The log of the link moves to where the config says: its stream ends before the gateway is told. */
  movesLog: z.boolean().optional(),
  /** What was found as it should be just before, on every node: it is not gone through again. */
  standing: z.enum(["services", "machines"]).optional(),
});

export type InstallInput = z.infer<typeof installInput>;

/** Brings the world to what the config says: launches what is missing, installs, starts, protects. Repeatable: what is there already is left alone. */
export function installWorkflow(application: World["application"]): Workflow<FleetWorld, InstallInput> {
  return {
    name: "install",
    input: installInput,
    steps: (input) => installSteps(application, input),
  };
}

function installSteps(application: World["application"], input: InstallInput): StepTree<FleetWorld> {
  const nodes = nodesOf(application);
  const phases = phasesOf(application, input.activeSite);
  const alone = input.alone === true;
  const around = { application, activeSite: input.activeSite, alone };
  const rolled = input.roll.map((one) => jobOf(application, one));
  const isRolled = ({ spec, placement }: Job): boolean =>
    rolled.some(
      (job) =>
        job.spec.name === spec.name &&
        job.spec.site === spec.site &&
        job.placement.service === placement.service,
    );
  const rest = (jobs: readonly Job[]): readonly Job[] => jobs.filter((job) => !isRolled(job));
  const roll = { ...around, run: input.run, drainMs: input.drainMs, sessionsMs: input.sessionsMs };
  const put = (jobs: readonly Job[]): StepTree<FleetWorld> =>
    sequence<FleetWorld>(
      parallel<FleetWorld>(...rest(jobs).map((job) => serviceStep(job, around))),
      ...rollSteps(jobs.filter(isRolled), roll),
    );
  const beforeGateway = (jobs: readonly Job[]): readonly StepTree<FleetWorld>[] =>
    jobs.some(({ placement }) => placement.service === application.replication?.gateway)
      ? endStream(application, input)
      : [];
  const launch = parallel<FleetWorld>(...nodes.map((spec) => launchStep(spec, input.run)));
  const link = alone ? [] : startLink(application, input);
  const traffic = [...fillPool(application, input), ...checkTraffic(application)];
  const authority = firstAuthority(application, input);
  if (input.standing !== undefined) {
    const machines = input.standing === "machines" ? [] : [launch];
    return sequence<FleetWorld>(validateWorld(application), ...machines, ...authority, ...link, ...traffic);
  }
  return sequence<FleetWorld>(
    validateWorld(application),
    ...forgetMembers(application),
    launch,
    parallel<FleetWorld>(...rest(jobsOf(application)).map((job) => packagesStep(job, around))),
    put(phases.edge),
    ...authority,
    ...phases.sites.flatMap((jobs) => [...beforeGateway(jobs), put(jobs)]),
    ...link,
    ...phases.standby.map((jobs) => put(jobs)),
    put(phases.balancer),
    ...traffic,
    parallel<FleetWorld>(...forgetSteps(rolled, roll)),
  );
}

/** The instances that an installation updates one after the other, since requests go to them. */
export async function rolledInstances(
  world: World,
  activeSite: string,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { application } = world;
  const services = application.services.filter(({ name }) => name === application.traffic?.to.service);
  const changed = await changedInstances(world, { activeSite, services, skipUnreachable: true }, signal);
  return changed.filter((one) => getsTraffic({ application, activeSite }, jobOf(application, one)));
}
