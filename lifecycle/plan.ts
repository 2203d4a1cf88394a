import type { Command } from "../core/command.ts";
import type { NodePlan } from "../core/recipe.ts";
import type { Shell } from "../core/shell.ts";
import { aptInstall } from "../remote/apt.ts";
import { estimate, usualTimes } from "../workflow/estimate.ts";
import { history } from "../workflow/history.ts";
import { refuseCollisions } from "./collisions.ts";
import { refuseConfigFaults } from "./config-faults.ts";
import { contextOf, readScene, UNKNOWN_ADDRESS, type Scene } from "./context.ts";
import { allNew, fileChanges, type FileChange } from "./file-changes.ts";
import { installWorkflow } from "./install.ts";
import type { Job } from "./phases.ts";
import { hourly } from "./price.ts";
import { nodesOf } from "./topology.ts";
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
  readonly files: readonly FileChange[];
  /** In the order in which the node runs them. What is fed to them in secret prints as such. */
  readonly commands: readonly Command[];
}

export interface InstallPlan {
  readonly application: string;
  readonly nodes: readonly NodeChange[];
  /** Machines that exist and that the config does not name any more; `hotsite uninstall` removes them. */
  readonly left: readonly string[];
  /** How long it usually took, of the steps like which some were done. */
  readonly usualMs: number;
  readonly unknownSteps: number;
  /** What all its machines cost in an hour, by currency; of those whose cloud has a price in the config. */
  readonly perHour: Readonly<Record<string, number>>;
}

/** What `install` would do. Changes nothing. */
export async function planInstall(
  world: World,
  activeSite: string,
  signal: AbortSignal,
): Promise<InstallPlan> {
  await refuseConfigFaults(world);
  await refuseCollisions(world);
  const specs = nodesOf(world.application);
  const records = await world.nodes.all();
  const known = new Set(
    records.filter(({ machine }) => machine !== undefined).map(({ claim }) => `${claim.site}/${claim.name}`),
  );
  const scene = await readScene(world, activeSite, UNKNOWN_ADDRESS);
  const nodes = specs.map(async (spec): Promise<NodeChange> => {
    const { site, name, cloud } = spec;
    const change = known.has(`${site}/${name}`) ? "keep" : "launch";
    const services = spec.services.map((placement) =>
      serviceChange(scene, { spec, placement }, change, signal),
    );
    return { site, name, cloud: cloud.kind, change, services: await Promise.all(services) };
  });
  const wanted = new Set(specs.map(({ site, name }) => `${site}/${name}`));
  return {
    application: world.application.name,
    nodes: await Promise.all(nodes),
    left: [...known].filter((name) => !wanted.has(name)),
    ...(await usualTime(world, activeSite)),
    perHour: hourly(specs),
  };
}

async function serviceChange(
  scene: Scene,
  { spec, placement }: Job,
  change: NodeChange["change"],
  signal: AbortSignal,
): Promise<ServiceChange> {
  const { world } = scene;
  const { service } = placement;
  const context = await contextOf(scene, spec, placement);
  const plan: NodePlan = service.recipe.plan(context);
  const { install, configure, start } = plan.stages;
  const packages = plan.packages.length === 0 ? [] : [aptInstall(plan.packages, service.name)];
  const open = (soon: AbortSignal): Promise<Shell> => world.shell(spec.site, spec.name, soon);
  return {
    service: service.name,
    recipe: service.recipe.name,
    packages: plan.packages,
    files:
      change === "launch"
        ? allNew(plan.files)
        : await fileChanges(open, plan.files, Object.values(context.secrets), signal),
    commands: [...packages, ...install, ...configure, ...start, plan.ready.command],
  };
}

async function usualTime({ store, application }: World, activeSite: string) {
  const tree = installWorkflow(application).steps({
    ...{ run: "plan", activeSite, copied: false },
    // Which instances are rolled is known only once the nodes were asked; rolling takes about as long as installing again.
    ...{ roll: [], drainMs: 0, sessionsMs: 0 },
  });
  const { ms, unknown } = estimate(tree, usualTimes(await history(store, application.name)));
  return { usualMs: ms, unknownSteps: unknown.length };
}
