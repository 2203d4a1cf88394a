import { PreflightError, type Fault } from "../core/errors.ts";
import type { NodeFile } from "../core/command.ts";
import type { NodePlan } from "../core/recipe.ts";
import { Secret } from "../core/secret.ts";
import { contextOf, readScene, UNKNOWN_ADDRESS, type Scene } from "./context.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

interface Tenant {
  readonly service: string;
  readonly plan: NodePlan;
  readonly ports: readonly number[];
}

/** Services of one machine of which the second would undo the first: they want the same port, or a file with other content. */
export async function collisionFaults(world: World): Promise<readonly Fault[]> {
  // What Hotsite puts on machines of its own goes together.
  const own = new Set(world.application.services);
  const shared = nodesOf(world.application)
    .map((spec) => ({ ...spec, services: spec.services.filter(({ service }) => own.has(service)) }))
    .filter(({ services }) => services.length > 1);
  if (shared.length === 0) return [];
  const scene = await readScene(world, undefined, UNKNOWN_ADDRESS);
  const faults = new Map<string, Fault>();
  for (const spec of shared) {
    const tenants = await tenantsOf(scene, spec);
    for (const [index, second] of tenants.entries()) {
      for (const first of tenants.slice(0, index)) {
        const problem = collisionOf(first, second);
        if (problem !== undefined) faults.set(`${first.service} ${second.service}`, faultOf(second, problem));
      }
    }
  }
  return [...faults.values()];
}

/** Throws `PreflightError` when there are such services. */
export async function refuseCollisions(world: World): Promise<void> {
  const faults = await collisionFaults(world);
  if (faults.length > 0) throw new PreflightError(world.application.name, faults);
}

async function tenantsOf(scene: Scene, spec: NodeSpec): Promise<readonly Tenant[]> {
  const tenants: Tenant[] = [];
  for (const placement of spec.services) {
    const { name, recipe, params } = placement.service;
    const plan = recipe.plan(await contextOf(scene, spec, placement));
    tenants.push({ service: name, plan, ports: recipe.expose(params) });
  }
  return tenants;
}

function collisionOf(first: Tenant, second: Tenant): string | undefined {
  const port = second.ports.find((one) => first.ports.includes(one));
  if (port !== undefined) return `port ${port} is also that of ${first.service}, on the same machine`;
  const file = second.plan.files.find((one) =>
    first.plan.files.some((other) => other.path === one.path && !sameContent(other, one)),
  );
  return file && `writes ${file.path}, which ${first.service} on the same machine writes otherwise`;
}

function sameContent(a: NodeFile, b: NodeFile): boolean {
  return JSON.stringify(contentOf(a)) === JSON.stringify(contentOf(b));
}

function contentOf({ content }: NodeFile): unknown {
  return content instanceof Secret ? content.reveal() : content;
}

function faultOf({ service }: Tenant, problem: string): Fault {
  return {
    path: `services.${service}`,
    problem,
    remedy: "give it machines of its own (without on), or other settings",
  };
}
