import type { Command } from "../core/command.ts";
import type { NodePlan } from "../core/recipe.ts";
import { history } from "../workflow/history.ts";
import { contextOf, readScene, UNKNOWN_ADDRESS } from "./context.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** What an installation would do to one node. */
export interface NodeChange {
  readonly site: string;
  readonly name: string;
  readonly cloud: string;
  readonly change: "launch" | "keep";
  readonly services: readonly ServiceChange[];
}

export interface ServiceChange {
  readonly service: string;
  readonly recipe: string;
  readonly packages: readonly string[];
  /** Paths; their contents may hold secrets. */
  readonly files: readonly string[];
  readonly commands: readonly Command[];
}

export interface InstallPlan {
  readonly application: string;
  readonly nodes: readonly NodeChange[];
  /** Machines that exist and that the config does not name any more; `hotsite uninstall` removes them. */
  readonly left: readonly string[];
  /** How long it took the last time; undefined before the first. */
  readonly usualMs?: number;
}

/** What `install` would do. Changes nothing. */
export async function planInstall(world: World, activeSite: string | undefined): Promise<InstallPlan> {
  const specs = nodesOf(world.application);
  const records = await world.nodes.all();
  const known = new Set(
    records.filter(({ machine }) => machine !== undefined).map(({ claim }) => `${claim.site}/${claim.name}`),
  );
  const scene = await readScene(world, activeSite, UNKNOWN_ADDRESS);
  const nodes = specs.map(async (spec): Promise<NodeChange> => {
    const { site, name, cloud } = spec;
    const change = known.has(`${site}/${name}`) ? "keep" : "launch";
    return { site, name, cloud: cloud.kind, change, services: await servicesOf(scene, spec) };
  });
  const wanted = new Set(specs.map(({ site, name }) => `${site}/${name}`));
  const usualMs = await lastInstallMs(world);
  return {
    application: world.application.name,
    nodes: await Promise.all(nodes),
    left: [...known].filter((name) => !wanted.has(name)),
    ...(usualMs === undefined ? {} : { usualMs }),
  };
}

async function servicesOf(
  scene: Awaited<ReturnType<typeof readScene>>,
  spec: NodeSpec,
): Promise<readonly ServiceChange[]> {
  const each = spec.services.map(async (placement): Promise<ServiceChange> => {
    const { service } = placement;
    const plan: NodePlan = service.recipe.plan(await contextOf(scene, spec, placement));
    const { install, configure, start } = plan.stages;
    return {
      service: service.name,
      recipe: service.recipe.name,
      packages: plan.packages,
      files: plan.files.map(({ path }) => path),
      commands: [...install, ...configure, ...start],
    };
  });
  return Promise.all(each);
}

async function lastInstallMs({ store, application }: World): Promise<number | undefined> {
  const runs = await history(store, application.name);
  return runs.filter(({ workflow, state }) => workflow === "install" && state === "done").at(-1)?.ms;
}
