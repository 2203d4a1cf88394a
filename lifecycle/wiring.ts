import { HotsiteError } from "../core/errors.ts";
import type { NodeView, Service } from "../core/recipe.ts";
import type { Secret } from "../core/secret.ts";
import { schemaSql } from "../replication/schema.ts";
import type { Flavour } from "../replication/flavour.ts";
import { feederGrantsOn } from "../replication/source-grants.ts";
import { applierGrantsOn } from "../replication/target-grants.ts";
import { bundleArchive, runtimeArchive } from "./archives.ts";
import { balancerWiring } from "./balancer-wiring.ts";
import type { Scene } from "./context.ts";
import { resolve } from "./resolve.ts";
import type { World } from "./world.ts";

/** What a recipe's parameters get from the application around it: identities, addresses and texts that no config could know. */
export async function wiring(scene: Scene, service: Service, node: NodeView): Promise<object> {
  const { edge, replication, traffic } = scene.world.application;
  if (service === replication?.of) return databaseWiring(scene, service, node);
  if (service === replication?.gateway) return { ...(await program()), ...gatewayWiring(scene, node) };
  if (service === edge?.witness) return program();
  if (service === traffic?.balancer) return balancerWiring(scene);
  return {};
}

/** Each site's server has its own GTID domain: positions of two sites are compared by them, so they never change. */
function databaseWiring({ world, views }: Scene, service: Service, node: NodeView): object {
  const { application } = world;
  const domain = application.sites.findIndex(({ name }) => name === node.site) + 1;
  const witness = application.edge?.witness;
  const urls = views
    .filter((view) => view.service === witness?.name)
    .map((view) => authorityUrl(witness, view));
  return {
    identity: { serverId: domain * 100 + node.index, domain },
    replication: { schema: schemaSql, grants: replicationGrants(flavourOf(service), databasesOf(service)) },
    ...(urls.length === 0 ? {} : { witness: { urls } }),
  };
}

function replicationGrants(flavour: Flavour, databases: readonly string[]): readonly string[] {
  return [
    ...feederGrantsOn(flavour, "'hotsite_feeder'@'%'", databases),
    ...applierGrantsOn(flavour, "'hotsite_applier'@'%'", databases),
  ];
}

function authorityUrl(witness: Service | undefined, { address }: NodeView): string {
  const { port } = witness?.params as { port: number };
  return `https://${address}:${port}/authority`;
}

function gatewayWiring(scene: Scene, node: NodeView): object {
  const { of, through } = replicationOf(scene.world);
  const other = scene.world.application.sites.find(({ name }) => name !== node.site)?.name ?? "";
  return {
    source: { site: other, ...databaseServer(scene, of, other), password: passwordOf(scene, of, "feeder") },
    target: { ...databaseServer(scene, of, node.site), password: passwordOf(scene, of, "applier") },
    databases: databasesOf(of),
    ...(through === "embedded" ? {} : { log: resolve(scene, through.linkLog, node.site) }),
  };
}

/** Where the database of a site listens. */
export function databaseServer(
  { views }: Scene,
  database: Service,
  site: string,
): { host: string; port: number } {
  const [node] = views.filter((view) => view.service === database.name && view.site === site);
  if (node === undefined) throw new HotsiteError("unprotected", `${site} has no ${database.name}`);
  return { host: node.address, port: (database.params as { port: number }).port };
}

/** The password of one of the users that the replication has in each database: `feeder`, `applier`, `drill`. */
export function passwordOf(
  { services }: Scene,
  database: Service,
  name: "feeder" | "applier" | "drill",
): Secret {
  const secret = services.get(database.name)?.secrets[name];
  if (secret === undefined)
    throw new HotsiteError("unprotected", `${database.name} is not a database that can be replicated`);
  return secret;
}

/** Whose server a database service runs. */
export function flavourOf(database: Service): Flavour {
  return (database.params as { flavour: Flavour }).flavour;
}

/** The databases of a service that are replicated: all that it declares. */
export function databasesOf(database: Service): readonly string[] {
  return Object.keys((database.params as { databases: object }).databases);
}

/** Throws `HotsiteError` "unprotected" for an application on one site. */
export function replicationOf({ application }: World): NonNullable<World["application"]["replication"]> {
  if (application.replication !== undefined) return application.replication;
  throw new HotsiteError("unprotected", `${application.name} has one site only`, {
    hint: "declare a standby site and replication in hotsite.config.ts",
  });
}

async function program(): Promise<object> {
  const [runtime, bundle] = await Promise.all([runtimeArchive(), bundleArchive()]);
  return { runtime, bundle };
}
