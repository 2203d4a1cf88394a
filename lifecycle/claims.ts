import { z } from "zod";
import type { Application, Cloud } from "../core/application.ts";
import type { NodeClaim } from "../core/driver.ts";
import { HotsiteError, PreflightError, type Fault } from "../core/errors.ts";
import type { Step } from "../core/workflow.ts";
import { cloudPath } from "../drivers/template.ts";
import { refuseCollisions } from "./collisions.ts";
import { configFaults } from "./config-faults.ts";
import { priceFaults, withoutPrice } from "./price.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** The claim of a node. The run is part of its id: a node that was destroyed and is wanted again is a new claim. */
export function claimOf(world: World, spec: NodeSpec, run: string): NodeClaim {
  return {
    id: `${world.owner}.${spec.site}.${spec.name}.${run}`,
    owner: world.owner,
    site: spec.site,
    name: spec.name,
    template: withoutPrice(spec.template),
    authorizedKey: world.loginKey.authorizedKey,
    expose: [...new Set(spec.services.flatMap(({ service }) => service.recipe.expose(service.params)))],
  };
}

/** Asks every cloud about the nodes that are still to be launched: all faults of all clouds at once. */
export function cloudFaults(world: World, run: string, signal: AbortSignal): Promise<readonly Fault[]> {
  return cloudFaultsOf(world, nodesOf(world.application), run, signal);
}

/** The same for some nodes only. */
export async function cloudFaultsOf(
  world: World,
  specs: readonly NodeSpec[],
  run: string,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [...priceFaults(specs)];
  for (const cloud of new Set(specs.map((spec) => spec.cloud))) {
    const missing: NodeClaim[] = [];
    for (const spec of specs.filter((one) => one.cloud === cloud)) {
      if ((await world.nodes.get(spec.site, spec.name))?.machine === undefined)
        missing.push(claimOf(world, spec, run));
    }
    if (missing.length > 0) faults.push(...(await (await world.driver(cloud)).validate(missing, signal)));
  }
  return faults;
}

/** Clouds that were asked for nothing, because all their machines are there, and that do not answer. */
export async function silentClouds(world: World, signal: AbortSignal): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const [cloud, specs] of nodesByCloud(world.application)) {
    if ((await launchedOf(world, specs)) < specs.length) continue;
    const driver = await world.driver(cloud);
    await driver.list(world.owner, signal).catch((error: unknown) => {
      if (!(error instanceof HotsiteError)) throw error;
      const remedy = error.hint === undefined ? {} : { remedy: error.hint };
      for (const site of new Set(specs.map((spec) => spec.site)))
        faults.push({ path: cloudPath(site), problem: error.message, ...remedy });
    });
  }
  return faults;
}

/** How many of these have a machine. */
async function launchedOf(world: World, specs: readonly NodeSpec[]): Promise<number> {
  const records = await Promise.all(specs.map(({ site, name }) => world.nodes.get(site, name)));
  return records.filter((record) => record?.machine !== undefined).length;
}

function nodesByCloud(application: Application): ReadonlyMap<Cloud, readonly NodeSpec[]> {
  const specs = nodesOf(application);
  const clouds = new Set(specs.map(({ cloud }) => cloud));
  return new Map([...clouds].map((cloud) => [cloud, specs.filter((spec) => spec.cloud === cloud)]));
}

/** Nothing is launched while a file or secret is missing or a cloud would refuse any of it. Undone last: what the clouds made for all nodes goes. */
export function validateWorld(application: Application): Step<World, null> {
  return {
    name: "validate",
    output: z.null(),
    run: async (world, signal) => {
      const faults = [...(await configFaults(world)), ...(await cloudFaults(world, "validate", signal))];
      if (faults.length > 0) throw new PreflightError(application.name, faults);
      await refuseCollisions(world);
      return null;
    },
    undo: (world, _output, signal) => sweepLeftClouds(world, signal),
  };
}

/** A cloud that still has a machine shares what is there with it, and need not answer for that. */
async function sweepLeftClouds(world: World, signal: AbortSignal): Promise<void> {
  for (const [cloud, specs] of nodesByCloud(world.application)) {
    if ((await launchedOf(world, specs)) > 0) continue;
    await (await world.driver(cloud)).sweep(world.owner, signal);
  }
}

/** Removes what the machines of each cloud shared, where none of them is left. Repeatable. */
export async function sweepClouds(world: World, signal: AbortSignal): Promise<void> {
  for (const cloud of new Set(nodesOf(world.application).map((spec) => spec.cloud))) {
    await (await world.driver(cloud)).sweep(world.owner, signal);
  }
}
