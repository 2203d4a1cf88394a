import type { Application, Cloud, Site } from "../core/application.ts";
import type { MachineTemplate } from "../core/driver.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Service, SiteRole } from "../core/recipe.ts";
import { refsOf } from "../recipes/refs.ts";
import { countIn, machineGroups, type MachineGroup } from "./placement.ts";

/** The site name of the third small place that holds balancer and witness. */
export const EDGE = "edge";

/** One machine of an application and what runs on it. */
export interface NodeSpec {
  readonly site: string;
  /** Unique within the site. */
  readonly name: string;
  readonly cloud: Cloud;
  /** What kind of machine it is: the cloud's template, with what the services on it want otherwise. */
  readonly template: MachineTemplate;
  readonly services: readonly Placement[];
}

/** One instance of a service on one node. */
export interface Placement {
  readonly service: Service;
  /** From 1, within service and site. */
  readonly index: number;
}

/** Every machine that an application wants, in a stable order. */
export function nodesOf(application: Application): readonly NodeSpec[] {
  const groups = machineGroups(siteServices(application));
  const sites = application.sites.flatMap((site) =>
    groups.flatMap((group) => range(countIn(site, group)).map((index) => nodeOf(site, group, index))),
  );
  return [...sites, ...edgeNodes(application)];
}

/** One machine of a group in a site, whether it is wanted now or not. */
export function nodeOf({ name: site, cloud }: Site, group: MachineGroup, index: number): NodeSpec {
  return {
    site,
    cloud,
    name: `${group.name}-${index}`,
    template: { ...cloud.template, ...group.machine },
    services: group.services.map((service) => ({ service, index })),
  };
}

/** The machines that a service is on. */
export function groupOf(application: Application, service: Service): MachineGroup | undefined {
  return machineGroups(siteServices(application)).find(({ services }) => services.includes(service));
}

/** Services in groups: each needs only those of earlier groups. Throws `HotsiteError` "dependency-cycle" that names the circle. */
export function installOrder(application: Application): readonly (readonly Service[])[] {
  const services = [...edgeServices(application), ...siteServices(application)];
  const needs = new Map(services.map((service) => [service.name, dependenciesOf(application, service)]));
  const groups: Service[][] = [];
  const done = new Set<string>();
  while (done.size < services.length) {
    const group = services.filter(
      ({ name }) => !done.has(name) && [...(needs.get(name) ?? [])].every((need) => done.has(need)),
    );
    if (group.length === 0) throw cycle(needs, done);
    groups.push(group);
    for (const { name } of group) done.add(name);
  }
  return groups;
}

/** Names of the services whose values or help a service needs before it can be configured. */
export function dependenciesOf(application: Application, service: Service): ReadonlySet<string> {
  const needs = new Set(refsOf(service.params).map((ref) => ref.service));
  const { edge, traffic, replication } = application;
  const inSites = application.services.includes(service);
  if (edge?.witness !== undefined && inSites && service === replication?.of) needs.add(edge.witness.name);
  if (traffic !== undefined && service === traffic.balancer) needs.add(traffic.to.service);
  if (replication !== undefined && service === replication.gateway) {
    needs.add(replication.of.name);
    if (replication.through !== "embedded") needs.add(replication.through.name);
  }
  needs.delete(service.name);
  return needs;
}

/** The services that use the replicated database, directly or through others; the gateway, which fills it, is none of them. */
export function usersOfReplicated(application: Application): ReadonlySet<string> {
  const { replication } = application;
  if (replication === undefined) return new Set();
  const users = new Set<string>([replication.of.name]);
  for (const service of installOrder(application).flat()) {
    const uses = [...dependenciesOf(application, service)].some((need) => users.has(need));
    if (uses && service !== replication.gateway) users.add(service.name);
  }
  users.delete(replication.of.name);
  return users;
}

/** The role of a site now: the active site is primary, whatever the config called it at first. */
export function roleOf(application: Application, site: string, activeSite?: string): SiteRole {
  if (site === EDGE) return "edge";
  const active = activeSite ?? application.sites.find(({ role }) => role === "primary")?.name;
  return site === active ? "primary" : "standby";
}

/** The services that every site has. */
export function siteServices({ services, replication }: Application): readonly Service[] {
  return replication === undefined ? services : [...services, replication.gateway];
}

/** Where the config wants the log of the link: in the gateway itself, or at a service. */
export function logPlace({ replication }: Application): string {
  const through = replication?.through ?? "embedded";
  return through === "embedded" ? through : `service ${through.name}`;
}

function edgeServices({ edge, traffic }: Application): readonly Service[] {
  return [
    ...(edge?.witness === undefined ? [] : [edge.witness]),
    ...(traffic === undefined ? [] : [traffic.balancer]),
  ];
}

function edgeNodes(application: Application): readonly NodeSpec[] {
  const services = edgeServices(application).map((service) => ({ service, index: 1 }));
  if (application.edge === undefined || services.length === 0) return [];
  const { cloud } = application.edge;
  const machine = Object.assign(
    {},
    ...services.map(({ service }) => service.machine ?? {}),
  ) as MachineTemplate;
  return [{ site: EDGE, name: "edge-1", cloud, template: { ...cloud.template, ...machine }, services }];
}

function cycle(needs: ReadonlyMap<string, ReadonlySet<string>>, done: ReadonlySet<string>): HotsiteError {
  const unknown = [...needs.values()].flatMap((names) => [...names]).find((name) => !needs.has(name));
  if (unknown !== undefined) {
    return new HotsiteError(
      "unknown-service",
      `services.${unknown}: used by another service but not declared`,
      {
        hint: `add ${unknown} to the list of services`,
      },
    );
  }
  const path: string[] = [];
  let at = [...needs.keys()].find((name) => !done.has(name)) ?? "";
  while (!path.includes(at)) {
    path.push(at);
    at = [...(needs.get(at) ?? [])].find((name) => !done.has(name)) ?? "";
  }
  const circle = [...path.slice(path.indexOf(at)), at].join(" → ");
  return new HotsiteError("dependency-cycle", `services need each other in a circle: ${circle}`, {
    hint: "remove one of the uses; a service can only use the endpoints of services that are installed before it",
  });
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
