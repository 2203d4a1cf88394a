import type { Work } from "./apply.ts";
import { contextOf, readScene } from "./context.ts";
import type { Job } from "./phases.ts";
import type { World } from "./world.ts";

/** A job with its rendered plan and a connection to its node. */
export async function workOf(
  world: World,
  { spec, placement }: Job,
  activeSite: string,
  signal: AbortSignal,
): Promise<Work> {
  const scene = await readScene(world, activeSite);
  const context = await contextOf(scene, spec, placement);
  const { service } = placement;
  return {
    service: service.name,
    plan: service.recipe.plan(context),
    shell: await world.shell(spec.site, spec.name, signal),
  };
}
