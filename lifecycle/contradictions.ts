import type { Fault } from "../core/errors.ts";
import type { Service } from "../core/recipe.ts";
import { refsOf } from "../recipes/refs.ts";
import type { ApplicationSpec } from "./application.ts";
import { countFaults, placementFaults } from "./placement-faults.ts";
import { EDGE } from "./topology.ts";

/** Whether these parts of the config are right by themselves: `traffic.to`. */
type Sound = (...parts: readonly string[]) => boolean;

/** What no single setting shows: settings that do not go together. Only sound parts are looked at. */
export function contradictions(spec: ApplicationSpec, sound: Sound): readonly Fault[] {
  const named = sound("services", "traffic.balancer");
  return [
    ...siteFaults(spec, sound),
    ...(named ? [...nameClashes(spec), ...undeclaredUses(spec)] : []),
    ...(sound("services", "replication.of") ? undeclaredSource(spec) : []),
    ...(sound("services", "replication.through") ? undeclaredLog(spec) : []),
    ...(sound("replication") ? limitOfBrokers(spec) : []),
    ...(sound("services", "traffic.to") ? undeclaredTarget(spec) : []),
    ...placeFaults(spec),
    ...(sound("services") ? placementFaults(spec.services) : []),
    ...(sound("services", "sites") ? countFaults(spec) : []),
  ];
}

function siteFaults({ sites, replication }: ApplicationSpec, sound: Sound): readonly Fault[] {
  // They may be anything when they are not sound.
  const names = Object.keys(Object(sites) as object).filter((name) => sound(`sites.${name}.role`));
  const roles = names.map((name) => sites[name]?.role);
  // A role that cannot be read may be any.
  const certain = sound("sites") || (names.length > 0 && names.length === Object.keys(sites).length);
  const primaries = roles.filter((role) => role === "primary").length;
  const standby = roles.includes("standby");
  return [
    ...given(certain && primaries !== 1, {
      path: "sites",
      problem: "exactly one site must be primary",
      found: `${primaries}`,
    }),
    ...given(names.length > 2, {
      path: "sites",
      problem: "too many sites",
      found: `${names.length}`,
      allowed: "one, or a primary and a standby",
    }),
    ...given(names.includes(EDGE), {
      path: `sites.${EDGE}`,
      problem: "the name is taken by the place of balancer and witness",
      remedy: "rename the site",
    }),
    ...given(standby && replication === undefined, {
      path: "replication",
      problem: "a standby site needs it",
      remedy: 'add replication: { of: db, through: "embedded" }',
    }),
    ...given(certain && !standby && replication !== undefined, {
      path: "replication",
      problem: "there is no standby site to replicate to",
      remedy: 'add a site with role: "standby"',
    }),
  ];
}

function nameClashes(spec: ApplicationSpec): readonly Fault[] {
  const names = everyService(spec).map(({ name }) => name);
  const doubled = new Set(names.filter((name, index) => names.indexOf(name) < index));
  const taken = ["gateway", "witness"].filter((name) => names.includes(name));
  return [
    ...[...doubled].map((name) => ({ path: `services.${name}`, problem: "two services have this name" })),
    ...taken.map((name) => ({
      path: `services.${name}`,
      problem: "the name is taken by Hotsite's own service",
      remedy: "rename the service",
    })),
  ];
}

function undeclaredUses(spec: ApplicationSpec): readonly Fault[] {
  const known = new Set(everyService(spec).map(({ name }) => name));
  return everyService(spec).flatMap(({ name, params }) =>
    refsOf(params).flatMap(({ service, label }) =>
      given(!known.has(service), undeclared(`services.${name}: ${label}`, service)),
    ),
  );
}

function undeclaredSource({ services, replication }: ApplicationSpec): readonly Fault[] {
  if (replication === undefined) return [];
  return given(!services.includes(replication.of), undeclared("replication.of", replication.of.name));
}

function undeclaredLog({ services, replication }: ApplicationSpec): readonly Fault[] {
  const through = replication?.through ?? "embedded";
  if (through === "embedded") return [];
  return given(!services.includes(through), undeclared("replication.through", through.name));
}

/** Brokers have settings of their own. */
function limitOfBrokers({ replication }: ApplicationSpec): readonly Fault[] {
  const { through = "embedded", logLimit } = replication ?? {};
  return given(through !== "embedded" && logLimit !== undefined, {
    path: "replication.logLimit",
    problem: "is for an embedded log; this one is kept by brokers",
    remedy: "remove it",
  });
}

function undeclaredTarget({ services, traffic }: ApplicationSpec): readonly Fault[] {
  if (traffic === undefined) return [];
  const { service } = traffic.to;
  return given(!services.some(({ name }) => name === service), undeclared("traffic.to", service));
}

function placeFaults({ traffic, edge, replication }: ApplicationSpec): readonly Fault[] {
  const remedy = "add edge: { cloud: … }";
  return [
    ...given(traffic !== undefined && edge === undefined, {
      path: "traffic",
      problem: "needs a place for its balancer",
      remedy,
    }),
    ...given(replication !== undefined && edge === undefined, {
      path: "edge",
      problem: "two sites need a third place for the witness",
      remedy,
    }),
  ];
}

function everyService({ services, traffic }: ApplicationSpec): readonly Service[] {
  const balancer = traffic?.balancer;
  return balancer === undefined || services.includes(balancer) ? services : [...services, balancer];
}

function undeclared(path: string, service: string): Fault {
  return {
    path,
    problem: "its service is not declared",
    found: service,
    remedy: `add ${service} to services`,
  };
}

function given(wrong: boolean, fault: Fault): readonly Fault[] {
  return wrong ? [fault] : [];
}
