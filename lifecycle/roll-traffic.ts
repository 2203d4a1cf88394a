import { z } from "zod";
import type { Step, StepScope } from "../core/workflow.ts";
import type { FleetWorld } from "./fleet-world.ts";
import type { Around } from "./job-steps.ts";
import type { Job } from "./phases.ts";
import {
  applyPool,
  awaitHealthy,
  balancerOf,
  drain,
  letSessionsEnd,
  namesOf,
  type Patience,
} from "./pool-steps.ts";

/** Where no other member can take the requests, they wait at the balancer for so long; then they are answered with 503. */
export const HOLD_MS = 30_000;

interface Rolling extends Around, Patience {}

/** Whether the balancer sends requests to this instance. */
export function getsTraffic({ application, activeSite }: Around, { spec, placement }: Job): boolean {
  return spec.site === activeSite && placement.service.name === application.traffic?.to.service;
}

/** The instance gets nothing new and finishes what it has. When it is the only one that works, requests wait meanwhile. */
export function outOfPool(
  job: Job,
  rolling: Rolling,
  keep: Step<never, { ready: boolean }>,
): Step<FleetWorld, null> {
  const [name = ""] = namesOf([job.spec]);
  return {
    name: `${name}: drain`,
    output: z.null(),
    async run(world, signal) {
      await takeOut(world, name, rolling, signal);
      return null;
    },
    async undo(world, _output, signal) {
      await letIn(world, name, { around: rolling, healthy: world.output(keep).ready }, signal);
    },
  };
}

/** The instance gets requests again once the balancer's own checks find it well. */
export function intoPool(job: Job, rolling: Rolling): Step<FleetWorld, null> {
  const [name = ""] = namesOf([job.spec]);
  return {
    name: `${name}: back in the pool`,
    output: z.null(),
    async run(world, signal) {
      await letIn(world, name, { around: rolling, healthy: true }, signal);
      return null;
    },
    // What is taken back does not work: nobody has a session that is worth waiting for.
    undo: (world, _output, signal) => takeOut(world, name, { ...rolling, sessionsMs: 0 }, signal),
  };
}

async function takeOut(
  world: FleetWorld & StepScope,
  name: string,
  { drainMs, sessionsMs }: Patience,
  signal: AbortSignal,
): Promise<void> {
  const balancer = balancerOf(world);
  const others = (await balancer.stats(signal)).filter((member) => member.name !== name);
  const covered = others.some(({ state, healthy }) => state === "ready" && healthy);
  if (covered) await letSessionsEnd(world, [name], sessionsMs, signal);
  else await balancer.hold(HOLD_MS, signal);
  await drain(world, [name], drainMs, signal);
}

async function letIn(
  world: FleetWorld,
  name: string,
  { around, healthy }: { around: Around; healthy: boolean },
  signal: AbortSignal,
): Promise<void> {
  await applyPool(world, around, signal);
  if (healthy) await awaitHealthy(world, [name], signal);
  await balancerOf(world).release(signal);
}
