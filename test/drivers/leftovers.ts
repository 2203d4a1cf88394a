import { openEngine } from "../../drivers/local/engine.ts";
import { label } from "../../drivers/local/names.ts";

/** What the engine itself has of an owner. */
export async function leftovers(owner: string): Promise<string[]> {
  const docker = await openEngine(AbortSignal.timeout(10_000));
  const filters = { label: [`${label.owner}=${owner}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
}
