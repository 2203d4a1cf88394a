import { z } from "zod";
import type { Application } from "../core/application.ts";
import type { Balancer } from "../core/balancer.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Step, StepScope } from "../core/workflow.ts";
import { waitFor } from "../core/wait.ts";
import { readScene } from "./context.ts";
import type { FleetWorld } from "./fleet-world.ts";
import type { Around } from "./job-steps.ts";
import { membersOf } from "./pool.ts";
import { EDGE, nodesOf, type NodeSpec } from "./topology.ts";
import { seeing } from "./world.ts";

/** A member that its own site calls ready answers the balancer's checks within seconds. */
const HEALTHY_MS = 30_000;
/** Who has not asked for so long is reading, and will hardly notice. */
const QUIET_MS = 3000;
const LOOK_MS = 500;

/** How long people on a member that is about to stop are waited for. */
export interface Patience {
  /** For requests in progress. */
  readonly drainMs: number;
  /** For those who have a session there. */
  readonly sessionsMs: number;
}

/** A change of the application's machines. */
export interface Change extends Around {
  readonly before: Application;
}

/** New machines get traffic, as far as their site has any. Nothing where nobody sends them requests. */
export function joinPool(change: Change, specs: readonly NodeSpec[]): readonly Step<FleetWorld, null>[] {
  if (!inPool(change.application, specs)) return [];
  return [
    {
      name: `${namesOf(specs).join(", ")}: into the pool`,
      output: z.null(),
      async run(world, signal) {
        await applyPool(world, change, signal);
        await awaitHealthy(world, namesOf(specs), signal);
        return null;
      },
      async undo(world, _output, signal) {
        await drain(world, namesOf(specs), HEALTHY_MS, signal);
        await applyPool(world, { ...change, application: change.before }, signal);
      },
    },
  ];
}

/** Machines finish the requests that they have, then the balancer forgets them. */
export function leavePool(
  change: Change,
  specs: readonly NodeSpec[],
  { drainMs, sessionsMs }: Patience,
): readonly Step<FleetWorld, null>[] {
  if (!inPool(change.application, specs)) return [];
  return [
    {
      name: `${namesOf(specs).join(", ")}: out of the pool`,
      output: z.null(),
      async run(world, signal) {
        await letSessionsEnd(world, namesOf(specs), sessionsMs, signal);
        await drain(world, namesOf(specs), drainMs, signal);
        await applyPool(world, change, signal);
        return null;
      },
      undo: (world, _output, signal) => applyPool(world, { ...change, application: change.before }, signal),
    },
  ];
}

/** Undone last: machines that the run had launched and that are gone again are no members any more, whoever put them into the pool. */
export function forgetMembers(application: Application): readonly Step<FleetWorld, { launched: string[] }>[] {
  const specs = nodesOf(application).filter((spec) => inPool(application, [spec]));
  if (specs.length === 0) return [];
  return [
    {
      name: "pool: who may come",
      output: z.strictObject({ launched: z.array(z.string()) }),
      async run({ nodes }) {
        const known = new Set((await nodes.all()).map(({ claim }) => `${claim.site}/${claim.name}`));
        return { launched: namesOf(specs).filter((name) => !known.has(name)) };
      },
      async undo(world, output, signal) {
        const edge = (await world.nodes.all()).some(({ claim }) => claim.site === EDGE);
        if (!edge || output === undefined || output.launched.length === 0) return;
        const members = await balancerOf(world).members(signal);
        const staying = members.filter(({ name }) => !output.launched.includes(name));
        if (staying.length < members.length) await balancerOf(world).apply(staying, signal);
      },
    },
  ];
}

/** Members finish what they have and get nothing new; those that are not in the pool need nothing. After the deadline the rest is cut off, and told. */
export async function drain(
  world: FleetWorld & StepScope,
  names: readonly string[],
  drainMs: number,
  signal: AbortSignal,
): Promise<void> {
  const balancer = balancerOf(world);
  const known = (await balancer.members(signal)).map(({ name }) => name);
  const there = names.filter((name) => known.includes(name));
  await balancer.drain(there, drainMs, signal).catch((error: unknown) => {
    if (!(error instanceof HotsiteError && error.code === "timeout")) throw error;
    world.report(error.message);
  });
}

/** Who has a session on these members may go on for a while; nobody new gets there. Over when nobody has asked for some seconds, or the time is. */
export async function letSessionsEnd(
  world: FleetWorld,
  names: readonly string[],
  sessionsMs: number,
  signal: AbortSignal,
): Promise<void> {
  const balancer = balancerOf(world);
  const known = (await balancer.members(signal)).map(({ name }) => name);
  const there = names.filter((name) => known.includes(name));
  if (sessionsMs === 0 || there.length === 0 || !(await balancer.keepSessions(there, signal))) return;
  const { clock } = world;
  const began = clock.now();
  let [asked, sinceMs] = [-1, began];
  while (clock.now() - began < sessionsMs && clock.now() - sinceMs < QUIET_MS) {
    const stats = (await balancer.stats(signal)).filter(({ name }) => there.includes(name));
    const now = stats.reduce((sum, { requests, sessions }) => sum + requests + sessions, 0);
    if (now !== asked) [asked, sinceMs] = [now, clock.now()];
    await clock.sleep(LOOK_MS, signal);
  }
}

/** Resolves when the balancer's own checks find these members well, where they get traffic. */
export async function awaitHealthy(
  world: FleetWorld,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const balancer = balancerOf(world);
  const look = async (): Promise<true | undefined> => {
    const stats = (await balancer.stats(signal)).filter(({ name }) => names.includes(name));
    return stats.every(({ state, healthy }) => state !== "ready" || healthy) || undefined;
  };
  const what = `the balancer to find ${names.join(", ")} healthy`;
  await waitFor(look, { timeoutMs: HEALTHY_MS, clock: world.clock, what }, signal);
}

/** Makes the pool what an application wants it to be. */
export async function applyPool(
  world: FleetWorld,
  { application, activeSite }: Around,
  signal: AbortSignal,
): Promise<void> {
  const members = membersOf(await readScene(seeing(world, application), activeSite));
  await balancerOf(world).apply(members, signal);
}

/** As the pool calls them. */
export function namesOf(specs: readonly NodeSpec[]): readonly string[] {
  return specs.map(({ site, name }) => `${site}/${name}`);
}

/** Whether requests go to one of these machines. */
export function inPool({ traffic }: Application, specs: readonly NodeSpec[]): boolean {
  return specs.some(({ services }) => services.some(({ service }) => service.name === traffic?.to.service));
}

/** Throws `HotsiteError` "not-installed" where there is none. */
export function balancerOf({ application, balancer }: FleetWorld): Balancer {
  if (balancer !== undefined) return balancer;
  throw new HotsiteError("not-installed", `${application.name} has no balancer`);
}
