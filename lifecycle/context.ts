import { HotsiteError } from "../core/errors.ts";
import type { NodeView, RecipeContext, Ref, Service, ServiceView } from "../core/recipe.ts";
import type { Secret } from "../core/secret.ts";
import { locate } from "../recipes/local-path.ts";
import { attributesFor, readAttributes, type Attribute } from "./attributes.ts";
import { EDGE, nodesOf, roleOf, type NodeSpec, type Placement } from "./topology.ts";
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

/** The value of an endpoint as seen from a site; the edge sees the nodes of all sites. */
export function resolve<T>(scene: Scene, ref: Ref<T>, site: string, only?: NodeView): T {
  const known = scene.services.get(ref.service);
  if (known === undefined) {
    throw new HotsiteError("unknown-service", `${ref.label}: there is no service ${ref.service}`, {
      hint: `add it to services; known are ${[...scene.services.keys()].join(", ")}`,
    });
  }
  const nodes =
    only === undefined
      ? scene.views.filter((view) => view.service === ref.service && (site === EDGE || view.site === site))
      : [only];
  const view: ServiceView = {
    application: scene.world.application.name,
    nodes,
    params: known.service.params,
    secrets: known.secrets,
  };
  return ref.resolve(view);
}
