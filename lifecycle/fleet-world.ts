import type { Balancer } from "../core/balancer.ts";
import type { Fault } from "../core/errors.ts";
import type { DatabaseControl, LinkControl, Witness } from "../core/protection.ts";
import { Controls } from "./controls.ts";
import { linkFaults } from "./link-faults.ts";
import type { World } from "./world.ts";

/** What steers the protection of an application. Each throws `HotsiteError` "unprotected" where there is none. */
export interface Steering {
  witness(): Witness;
  database(site: string): DatabaseControl;
  link(site: string): LinkControl;
  /** Everything at once that keeps the database of a site from being replicated. */
  linkFaults(site: string, signal: AbortSignal): Promise<readonly Fault[]>;
}

/** What installing, scaling and updating touch: the world, what steers its protection, and the balancer where there is one. */
export interface FleetWorld extends World {
  readonly balancer: Balancer | undefined;
  readonly steering: Steering;
}

/** The same world with what steers it; whoever opened the world closes it. */
export function fleetWorld(world: World): FleetWorld {
  const controls = new Controls(world);
  const balancer = world.application.traffic === undefined ? undefined : controls.balancer();
  const steering = {
    witness: () => controls.witness(),
    database: (site: string) => controls.database(site),
    link: (site: string) => controls.link(site),
    linkFaults: (site: string, signal: AbortSignal) => linkFaults(world, controls, site, signal),
  };
  return { ...world, balancer, steering };
}
