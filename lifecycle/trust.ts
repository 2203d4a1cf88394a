import type { LaunchedNode } from "./nodes.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

/** The key that a node shows at the next contact is pinned, whatever was pinned or told by its cloud before. Gives what is forgotten. */
export async function forgetHostKey(
  world: World,
  { claim: { site, name }, machine }: LaunchedNode,
): Promise<string | undefined> {
  const cloud = nodesOf(world.application).find((spec) => spec.site === site)?.cloud;
  const kept = cloud && (await world.driver(cloud)).hostKey?.(machine);
  const forgotten = await world.nodes.forgetHostKey(site, name);
  return kept === undefined ? forgotten : kept.forget();
}
