import type { Machine } from "../core/driver.ts";
import { isAlive, startService, stopService } from "./apply.ts";
import { phasesOf, type Job } from "./phases.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import { workOf } from "./work.ts";
import type { World } from "./world.ts";

/** The nodes of one site. */
export function nodesIn(world: World, site: string): readonly NodeSpec[] {
  return nodesOf(world.application).filter((spec) => spec.site === site);
}

/** What the cloud itself says of a site's machines; those it does not know are missing. */
export async function machinesIn(
  world: World,
  site: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const clouds = new Set(nodesIn(world, site).map(({ cloud }) => cloud));
  const lists = await Promise.all(
    [...clouds].map(async (cloud) => (await world.driver(cloud)).list(world.owner, signal)),
  );
  return lists.flat().filter((machine) => machine.site === site);
}

/** The services of a site that use the replicated database, in the order of starting: its web tier. */
export function webTier(world: World, site: string): readonly (readonly Job[])[] {
  const other = world.application.sites.find(({ name }) => name !== site)?.name;
  // Seen from the other site as the primary, these are the standby's services that wait for data.
  return phasesOf(world.application, other).standby.map((jobs) =>
    jobs.filter(({ spec }) => spec.site === site),
  );
}

/** Starts the web tier of a site and waits until each service is ready. Repeatable. */
export async function startWeb(world: World, site: string, signal: AbortSignal): Promise<void> {
  for (const jobs of webTier(world, site)) {
    await Promise.all(jobs.map(async (job) => startService(await workOf(world, job, site, signal), signal)));
  }
}

/** Stops the web tier of a site. Repeatable. */
export async function stopWeb(world: World, site: string, signal: AbortSignal): Promise<void> {
  for (const jobs of [...webTier(world, site)].reverse()) {
    await Promise.all(jobs.map(async (job) => stopService(await workOf(world, job, site, signal), signal)));
  }
}

/** Whether every service of a site's web tier runs. */
export async function webRuns(world: World, site: string, signal: AbortSignal): Promise<boolean> {
  const jobs = webTier(world, site).flat();
  const alive = await Promise.all(
    jobs.map(async (job) => isAlive(await workOf(world, job, site, signal), signal)),
  );
  return alive.every((answer) => answer);
}
