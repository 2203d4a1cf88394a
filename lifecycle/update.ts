import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Workflow } from "../core/workflow.ts";
import { parallel, sequence } from "../workflow/define.ts";
import { changedInstances, instance, jobOf, jobsOf, type Instance, type Question } from "./changed.ts";
import type { FleetWorld } from "./fleet-world.ts";
import type { Around } from "./job-steps.ts";
import { refuseConfigFaults } from "./config-faults.ts";
import { startsNow } from "./phases.ts";
import type { Patience } from "./pool-steps.ts";
import { forgetSteps, rollSteps } from "./roll.ts";
import { getsTraffic, HOLD_MS } from "./roll-traffic.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

export const updateInput = z.strictObject({
  /** Under which what ran before is kept. */
  run: z.string(),
  activeSite: z.string(),
  /** What is updated, in this order. */
  instances: z.array(instance),
  /** How long requests in progress may take to end before their service stops. */
  drainMs: z.number(),
  /** How long people who have a session on an instance may go on before that. */
  sessionsMs: z.number().default(0),
});

export type UpdateInput = z.infer<typeof updateInput>;

/** Brings services that run to what the config says, one instance at a time; when one does not become ready, all are what they were. */
export function updateWorkflow(application: Application): Workflow<FleetWorld, UpdateInput> {
  return {
    name: "update",
    input: updateInput,
    steps({ instances, ...rest }) {
      const jobs = instances.map((one) => jobOf(application, one));
      const roll = { ...rest, application };
      return sequence<FleetWorld>(...rollSteps(jobs, roll), parallel<FleetWorld>(...forgetSteps(jobs, roll)));
    },
  };
}

/** What there is to update. Throws `HotsiteError` "not-installed" while a machine is missing. */
export async function planUpdate(
  world: World,
  wish: Question & Patience & { readonly run: string },
  signal: AbortSignal,
): Promise<UpdateInput> {
  for (const { site, name } of nodesOf(world.application)) {
    if ((await world.nodes.get(site, name))?.machine !== undefined) continue;
    throw new HotsiteError("not-installed", `${site}/${name} is not launched yet`, {
      hint: "hotsite install",
    });
  }
  await refuseConfigFaults(world);
  const { run, activeSite, drainMs, sessionsMs } = wish;
  return {
    run,
    activeSite,
    drainMs,
    sessionsMs,
    instances: [...(await changedInstances(world, wish, signal))],
  };
}

/** Who will notice, and how: sentences for the person who is about to update. */
export function interruptions(
  { application, activeSite }: Around,
  instances: readonly Instance[],
): readonly string[] {
  const said = instances.flatMap((one): readonly string[] => {
    const job = jobOf(application, one);
    if (!startsNow({ application, activeSite }, job)) return [];
    if (!getsTraffic({ application, activeSite }, job)) {
      return [`${one.service} restarts in ${one.site} with nothing in front of it: who uses it has to wait`];
    }
    const beside = jobsOf(application).filter(
      ({ spec, placement }) => spec.site === one.site && placement.service === job.placement.service,
    );
    if (beside.length > 1) return [];
    return [
      `${one.service} has one machine in ${one.site}: requests wait at the balancer while it restarts, ${HOLD_MS / 1000} s at most`,
    ];
  });
  return [...new Set(said)];
}
