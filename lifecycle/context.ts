import { HotsiteError } from "../core/errors.ts";
import type { NodeView, RecipeContext, Service } from "../core/recipe.ts";
import type { Secret } from "../core/secret.ts";
import { locate } from "../recipes/local-path.ts";
import { attributesFor, readAttributes, type Attribute } from "./attributes.ts";
import { nodesOf, roleOf, type NodeSpec, type Placement } from "./topology.ts";
import { resolve } from "./resolve.ts";
import type { World } from "./world.ts";
import { wiring } from "./wiring.ts";

/** What is known of a whole application once its nodes have addresses: enough to render every recipe. */
export interface Scene {
  readonly world: World;
  readonly views: readonly NodeView[];
  readonly attributes: readonly Attribute[];
  readonly services: ReadonlyMap<
    string,
    { readonly service: Service; readonly secrets: Readonly<Record<string, Secret>> }
  >;
}

/** Stands for addresses that are not known before a machine is launched. From the block for documentation (RFC 5737). */
export const UNKNOWN_ADDRESS = "192.0.2.1";

/** Reads nodes, roles and secrets. A node that is not launched yet shows the placeholder as its address, so that plans can be printed before. */
export async function readScene(
  world: World,
  activeSite: string | undefined,
  placeholder?: string,
): Promise<Scene> {
  const views: NodeView[] = [];
  const services = new Map<string, { service: Service; secrets: Readonly<Record<string, Secret>> }>();
  for (const spec of nodesOf(world.application)) {
    const machine = (await world.nodes.get(spec.site, spec.name))?.machine;
    const address =
      machine?.address ?? placeholder ?? (await world.nodes.launched(spec.site, spec.name)).machine.address;
    const exposed = machine?.exposed ?? {};
    for (const { service, index } of spec.services) {
      const role = roleOf(world.application, spec.site, activeSite);
      views.push({ site: spec.site, role, service: service.name, name: spec.name, index, address, exposed });
      if (!services.has(service.name))
        services.set(service.name, { service, secrets: await world.secrets(service) });
    }
  }
  return { world, views, services, attributes: await readAttributes(world) };
}

/** What the recipe of one placement may look at. */
export async function contextOf(
  scene: Scene,
  spec: NodeSpec,
  placement: Placement,
): Promise<RecipeContext<unknown>> {
  const { world, views } = scene;
  const name = placement.service.name;
  await locate(placement.service, world.configFolder);
  const node = views.find(
    (view) => view.site === spec.site && view.name === spec.name && view.service === name,
  );
  if (node === undefined)
    throw new HotsiteError("no-such-node", `${name} is not placed on ${spec.site}/${spec.name}`);
  return {
    application: world.application.name,
    service: name,
    node,
    params: { ...(placement.service.params as object), ...(await wiring(scene, placement.service, node)) },
    secrets: scene.services.get(name)?.secrets ?? {},
    tls: await world.pki.node(node.site, node.name, node.address),
    attributes: attributesFor(scene.attributes, node),
    nodes: (service, site) =>
      views.filter((view) => view.service === service && (site === undefined || view.site === site)),
    value: (ref) => resolve(scene, ref, node.site),
  };
}
