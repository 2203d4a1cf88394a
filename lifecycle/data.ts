import { contextOf, readScene, UNKNOWN_ADDRESS } from "./context.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

/** Data that a service has on a node. */
export interface NodeData {
  /** `east/db-1`. */
  readonly node: string;
  readonly path: string;
  /** What it is: `the databases of db: petclinic`. */
  readonly what: string;
  /** The disk outlives the node: the data stays there unless it is deleted. */
  readonly outlives: boolean;
}

/** The data on every node that has a machine, as the recipes tell. */
export async function dataOf(world: World): Promise<readonly NodeData[]> {
  const scene = await readScene(world, undefined, UNKNOWN_ADDRESS);
  const found: NodeData[] = [];
  for (const spec of nodesOf(world.application)) {
    if ((await world.nodes.get(spec.site, spec.name))?.machine === undefined) continue;
    const outlives = (await world.driver(spec.cloud)).capabilities().handsBack === true;
    for (const placement of spec.services) {
      const { keeps } = placement.service.recipe.plan(await contextOf(scene, spec, placement));
      for (const [path, what] of Object.entries(keeps))
        found.push({ node: `${spec.site}/${spec.name}`, path, what, outlives });
    }
  }
  return found;
}
