import { z } from "zod";
import type { Application, Cloud, Protection, Site, Traffic } from "../core/application.ts";
import type { Endpoint } from "../core/driver.ts";
import { PreflightError, type Fault } from "../core/errors.ts";
import { faultsOf } from "../core/faults.ts";
import { Ref, type Service } from "../core/recipe.ts";
import { gateway } from "../recipes/gateway.ts";
import { witness } from "../recipes/witness.ts";
import { EDGE, installOrder, usersOfReplicated } from "./topology.ts";

/** A site of the config: where it is and what it is at first. */
export interface SiteSpec {
  readonly role: "primary" | "standby";
  readonly cloud: Cloud;
  /**
   * `hot`: the web tier of the standby runs all the time, beside a read-only database. `warm`: it is installed, and started after promotion.
   * Default: hot if every service that uses the replicated database says that it starts on a read-only one.
   */
  readonly standby?: "hot" | "warm";
}

/** What `application(name, …)` takes. */
export interface ApplicationSpec {
  /** One site, or a primary and a standby. */
  readonly sites: Readonly<Record<string, SiteSpec>>;
  readonly services: readonly Service[];
  readonly traffic?: {
    readonly balancer: Service;
    readonly to: Ref<Endpoint>;
    /** Path that answers 2xx when the application works. Default: the health path of the service behind `to`, or `/`. */
    readonly health?: string;
  };
  /** The third small place for balancer and witness. */
  readonly edge?: { readonly cloud: Cloud };
  readonly replication?: { readonly of: Service; readonly through: "embedded" };
  readonly protection?: Partial<Protection>;
}

const label = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "use small letters, digits and dashes, a letter first, 31 at most");
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const cloud = z.custom<Cloud>(
  (value) => isObject(value) && "open" in (value as object),
  "not a cloud; write local(), for example",
);
const service = z.custom<Service>(
  (value) => isObject(value) && "recipe" in (value as object),
  "not a service; write mysql(…), for example",
);
const ref = z.custom<Ref<Endpoint>>(
  (value) => value instanceof Ref,
  "not an endpoint of a service; write web.http, for example",
);

const specSchema = z.strictObject({
  sites: z.record(
    label,
    z.strictObject({
      role: z.enum(["primary", "standby"]),
      cloud,
      standby: z.enum(["hot", "warm"]).optional(),
    }),
  ),
  services: z.array(service),
  traffic: z
    .strictObject({ balancer: service, to: ref, health: z.string().startsWith("/").optional() })
    .optional(),
  edge: z.strictObject({ cloud }).optional(),
  replication: z.strictObject({ of: service, through: z.enum(["embedded"]) }).optional(),
  protection: z
    .strictObject({
      maxLossTransactions: z.int().min(0).optional(),
      maxOutageSeconds: z.number().positive().optional(),
    })
    .optional(),
});

/** Limits that a drill is held against unless the config sets them. */
const DEFAULT_PROTECTION: Protection = { maxLossTransactions: 100, maxOutageSeconds: 60 };

/** The application that a config declares. Throws `PreflightError` with all faults at once. */
export function application(name: string, spec: ApplicationSpec): Application {
  const faults: Fault[] = label.safeParse(name).success
    ? []
    : [
        {
          path: "name",
          problem: "not usable as a name",
          found: JSON.stringify(name),
          allowed: "small letters, digits and dashes, a letter first",
        },
      ];
  const wrong = faultsOf(specSchema, spec, "");
  faults.push(...(wrong.length > 0 ? wrong : contradictions(spec)));
  if (faults.length > 0) throw new PreflightError(`application ${JSON.stringify(name)}`, faults);
  const built = build(name, spec);
  installOrder(built);
  return built;
}

function build(name: string, spec: ApplicationSpec): Application {
  const { services, edge, traffic, replication } = spec;
  const sites = Object.entries(spec.sites).map(([site, { role, cloud: where, standby }]): Site => ({
    name: site,
    role,
    cloud: where,
    standby: standby ?? "warm",
  }));
  const whole: Application = {
    name,
    sites,
    services,
    ...(edge === undefined
      ? {}
      : { edge: { name: EDGE, cloud: edge.cloud, ...(replication && { witness: witness("witness", {}) }) } }),
    ...(traffic === undefined
      ? {}
      : { traffic: { ...traffic, health: traffic.health ?? healthOf(traffic, services) } satisfies Traffic }),
    ...(replication === undefined
      ? {}
      : { replication: { ...replication, gateway: gateway("gateway", {}) } }),
    protection: { ...DEFAULT_PROTECTION, ...spec.protection },
  };
  const hot = startsReadOnly(whole);
  return {
    ...whole,
    sites: sites.map((site) => ({
      ...site,
      standby: spec.sites[site.name]?.standby ?? (hot ? "hot" : "warm"),
    })),
  };
}

/** Whether every service that uses the replicated database says that it starts beside a read-only one. */
export function startsReadOnly(whole: Application): boolean {
  const users = usersOfReplicated(whole);
  return whole.services
    .filter(({ name }) => users.has(name))
    .every(({ params }) => (params as { startsReadOnly?: boolean }).startsReadOnly === true);
}

function healthOf({ to }: { to: Ref<Endpoint> }, services: readonly Service[]): string {
  const params = services.find(({ name }) => name === to.service)?.params as
    { contextPath?: string; health?: string } | undefined;
  return `${(params?.contextPath ?? "/").replace(/\/$/, "")}${params?.health ?? "/"}`;
}

/** What no single setting shows: settings that do not go together. */
function contradictions({ sites, services, traffic, edge, replication }: ApplicationSpec): readonly Fault[] {
  const faults: Fault[] = [];
  const roles = Object.values(sites).map(({ role }) => role);
  const primaries = roles.filter((role) => role === "primary").length;
  if (primaries !== 1)
    faults.push({ path: "sites", problem: "exactly one site must be primary", found: `${primaries}` });
  if (roles.length > 2)
    faults.push({
      path: "sites",
      problem: "too many sites",
      found: `${roles.length}`,
      allowed: "one, or a primary and a standby",
    });
  if (EDGE in sites)
    faults.push({
      path: `sites.${EDGE}`,
      problem: "the name is taken by the place of balancer and witness",
      remedy: "rename the site",
    });
  for (const name of duplicates(services.map((one) => one.name)))
    faults.push({ path: `services.${name}`, problem: "two services have this name" });
  for (const name of ["gateway", "witness"]) {
    if (services.some((one) => one.name === name))
      faults.push({
        path: `services.${name}`,
        problem: "the name is taken by Hotsite's own service",
        remedy: "rename the service",
      });
  }
  const standby = roles.includes("standby");
  if (traffic !== undefined && edge === undefined)
    faults.push({
      path: "traffic",
      problem: "needs a place for its balancer",
      remedy: "add edge: { cloud: … }",
    });
  if (standby && replication === undefined)
    faults.push({
      path: "replication",
      problem: "a standby site needs it",
      remedy: 'add replication: { of: db, through: "embedded" }',
    });
  if (replication !== undefined)
    faults.push(...replicationFaults({ sites, services, edge, replication }, standby));
  if (traffic !== undefined && !services.some(({ name }) => name === traffic.to.service)) {
    faults.push({
      path: "traffic.to",
      problem: "its service is not declared",
      found: traffic.to.service,
      remedy: `add ${traffic.to.service} to services`,
    });
  }
  return faults;
}

function replicationFaults(
  { services, edge, replication }: ApplicationSpec & { replication: { of: Service } },
  standby: boolean,
): readonly Fault[] {
  const faults: Fault[] = [];
  if (!standby)
    faults.push({
      path: "replication",
      problem: "there is no standby site to replicate to",
      remedy: 'add a site with role: "standby"',
    });
  if (edge === undefined)
    faults.push({
      path: "edge",
      problem: "two sites need a third place for the witness",
      remedy: "add edge: { cloud: … }",
    });
  if (!services.includes(replication.of))
    faults.push({
      path: "replication.of",
      problem: "its service is not declared",
      found: replication.of.name,
      remedy: "add it to services",
    });
  return faults;
}

function duplicates(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
