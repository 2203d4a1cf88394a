import type { NodePlan, NodeView, RecipeContext, Ref, Service, ServiceView } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { attributesFor, type Attribute } from "../../lifecycle/attributes.ts";

/** What a test says about the surroundings of a recipe. */
export interface Surroundings {
  readonly node?: Partial<NodeView>;
  /** What the lifecycle would add to the parameters. */
  readonly wired?: object;
  /** The other services whose endpoints are used. */
  readonly others?: readonly Service[];
  /** Of their nodes, by service. */
  readonly addresses?: Readonly<Record<string, string | undefined>>;
  readonly attributes?: readonly Attribute[];
}

/** A context for one node of a service, as the lifecycle would make it, in which every secret is recognisable. */
export function contextFor<P>(
  service: Service<P>,
  { node, wired, others = [], addresses = {}, attributes = [] }: Surroundings = {},
): RecipeContext<P> {
  const view: NodeView = { ...nodeOf(service.name), ...node };
  return {
    application: "clinic",
    service: service.name,
    node: view,
    params: { ...service.params, ...wired },
    secrets: secretsFor(service),
    tls: { ca: "CA PEM\n", certificate: "CERT PEM\n", key: new Secret("SECRET-tls-key\n") },
    attributes: attributesFor(attributes, view),
    nodes: (name) => (name === service.name ? [view] : [nodeOf(name)]),
    value: (ref) => resolveIn(others, ref, addresses),
  };
}

/** The plan of one node of a service that needs no others. */
export function planned(service: Service): NodePlan {
  return service.recipe.plan(contextFor(service));
}

/** Every secret of a service, as `SECRET-<name>`. */
export function secretsFor(service: Service): Readonly<Record<string, Secret>> {
  const names = Object.keys(service.recipe.secrets(service.params));
  return Object.fromEntries(names.map((name) => [name, new Secret(`SECRET-${name}`)]));
}

function resolveIn<T>(
  services: readonly Service[],
  ref: Ref<T>,
  addresses: Readonly<Record<string, string | undefined>>,
): T {
  const service = services.find(({ name }) => name === ref.service);
  if (service === undefined) throw new Error(`the test has no service ${ref.service}`);
  const view: ServiceView = {
    application: "clinic",
    nodes: [nodeOf(service.name, addresses[service.name])],
    params: service.params,
    secrets: secretsFor(service),
  };
  return ref.resolve(view);
}

function nodeOf(service: string, address = "10.111.0.11"): NodeView {
  return {
    site: "east",
    role: "primary",
    service,
    name: `${service}-1`,
    index: 1,
    address,
    exposed: {},
  };
}
