import { HotsiteError } from "../core/errors.ts";
import { removeService } from "./apply.ts";
import { contextOf, readScene, UNKNOWN_ADDRESS } from "./context.ts";
import type { NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** Whether data that a recipe keeps is deleted where the disk outlives the node. */
export interface DataFate {
  readonly deleteData: boolean;
}

/**
 * Takes every service off a machine that its cloud gives to others with its disk. A machine that cannot be reached, or a service that does
 * not let itself be removed, is no reason to keep it: its driver proves what is left, and holds a host back that has data. Repeatable.
 */
export async function clearMachine(
  world: World,
  spec: NodeSpec,
  fate: DataFate,
  signal: AbortSignal,
): Promise<void> {
  const { site, name, cloud } = spec;
  if ((await world.driver(cloud)).capabilities().handsBack !== true) return;
  if ((await world.nodes.get(site, name))?.machine === undefined) return;
  // Removing needs no addresses, and the other nodes may be gone already.
  const scene = await readScene(world, undefined, UNKNOWN_ADDRESS);
  for (const placement of [...spec.services].reverse()) {
    const { service } = placement;
    try {
      const plan = service.recipe.plan(await contextOf(scene, spec, placement));
      const shell = await world.shell(site, name, signal);
      await removeService({ service: service.name, plan, shell }, fate, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HotsiteError)) throw error;
      world.logger.warn("a service was not removed", {
        ...{ node: `${site}/${name}`, service: service.name, reason: error.message },
      });
      if (error.code === "unreachable") return;
    }
  }
}
