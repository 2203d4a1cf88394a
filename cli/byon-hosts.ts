import { HotsiteError } from "../core/errors.ts";
import { ByonDriver } from "../drivers/byon/driver.ts";
import type { Host } from "../drivers/byon/hosts.ts";
import type { Pool } from "../drivers/byon/pool.ts";
import { nodesOf } from "../lifecycle/topology.ts";
import type { Session } from "./session.ts";
import { oneOf } from "./target.ts";

/** The pools of all `byon({…})` of a config. */
export async function poolsOf({ world, config }: Session): Promise<readonly Pool[]> {
  const clouds = new Set(nodesOf(config.application).map(({ cloud }) => cloud));
  const drivers = await Promise.all(
    [...clouds].filter(({ kind }) => kind === "byon").map((cloud) => world.driver(cloud)),
  );
  return drivers.filter((driver) => driver instanceof ByonDriver).map((driver) => driver.pool);
}

/** The same for what needs hosts. Throws `HotsiteError` "usage" when there is none. */
export async function somePools(session: Session): Promise<readonly Pool[]> {
  const pools = await poolsOf(session);
  if (pools.length > 0) return pools;
  throw new HotsiteError("usage", `${session.config.application.name} has no hosts of its own`, {
    hint: "name them in the config: cloud: byon({ hosts: … })",
  });
}

/** The host that was named, and the pool that has it. */
export async function hostNamed(session: Session, name: string): Promise<{ pool: Pool; host: Host }> {
  const all = (await somePools(session)).flatMap((pool) => pool.hosts.map((host) => ({ pool, host })));
  const id = oneOf(
    all.map(({ host }) => host.id),
    name,
    "host",
  );
  const found = all.find(({ host }) => host.id === id);
  if (found === undefined) throw new TypeError(`no host ${id}`);
  return found;
}
