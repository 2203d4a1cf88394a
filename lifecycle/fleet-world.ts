import type { Balancer } from "../core/balancer.ts";
import { Controls } from "./controls.ts";
import type { World } from "./world.ts";

/** What scaling and updating touch: the world, and the balancer where there is one. */
export interface FleetWorld extends World {
  readonly balancer: Balancer | undefined;
}

/** The same world with its balancer; whoever opened the world closes it. */
export function fleetWorld(world: World): FleetWorld {
  const balancer = world.application.traffic === undefined ? undefined : new Controls(world).balancer();
  return { ...world, balancer };
}
