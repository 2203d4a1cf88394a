import { contextOf, readScene, UNKNOWN_ADDRESS } from "./context.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** Data of a service on a node whose disk outlives it: it stays there unless it is deleted. */
export interface LastingData {
  /** `east/db-1`. */
  readonly node: string;
  readonly path: string;
  /** What it is: `the databases of db: petclinic`. */
  readonly what: string;
}

/** What recipes keep on machines that are handed back with their disk. Elsewhere nothing is planned: removing an application must not need its WAR or its secrets. */
export async function lastingData(world: World): Promise<readonly LastingData[]> {
  const specs: NodeSpec[] = [];
  for (const spec of nodesOf(world.application)) {
    const launched = (await world.nodes.get(spec.site, spec.name))?.machine !== undefined;
    if (launched && (await world.driver(spec.cloud)).capabilities().handsBack === true) specs.push(spec);
  }
  if (specs.length === 0) return [];
  const scene = await readScene(world, undefined, UNKNOWN_ADDRESS);
  const found: LastingData[] = [];
  for (const spec of specs) {
    for (const placement of spec.services) {
      const { keeps } = placement.service.recipe.plan(await contextOf(scene, spec, placement));
      for (const [path, what] of Object.entries(keeps))
        found.push({ node: `${spec.site}/${spec.name}`, path, what });
    }
  }
  return found;
}
