import type { RecipeContext } from "../core/recipe.ts";
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

/** Jobs with what their recipes may look at: for what is called by name, commands and metrics. */
export async function contextsOf(
  world: World,
  jobs: readonly Job[],
  activeSite: string,
): Promise<readonly { readonly job: Job; readonly context: RecipeContext<unknown> }[]> {
  const scene = await readScene(world, activeSite);
  return Promise.all(
    jobs.map(async (job) => ({ job, context: await contextOf(scene, job.spec, job.placement) })),
  );
}
