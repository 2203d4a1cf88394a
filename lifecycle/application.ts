import type { Application, Cloud, LogService, Protection, Site, Traffic } from "../core/application.ts";
import type { Endpoint } from "../core/driver.ts";
import { PreflightError } from "../core/errors.ts";
import type { Ref, Service } from "../core/recipe.ts";
import { gateway } from "../recipes/gateway.ts";
import { witness } from "../recipes/witness.ts";
import { applicationFaults, titleOf } from "./application-faults.ts";
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
  /** Machines of a name here, where it is not `instances.initial` of the services on them: `{ web: 1 }`. */
  readonly instances?: Readonly<Record<string, number>>;
}

/** What `application(name, …)` takes. */
export interface ApplicationSpec {
  /** One site, or a primary and a standby. */
  readonly sites: Readonly<Record<string, SiteSpec>>;
  readonly services: readonly Service[];
  readonly traffic?: {
    readonly balancer: Service;
    readonly to: Ref<Endpoint>;
    /** Path that answers 2xx or 3xx when the application works. Default: the health path of the service behind `to`, or `/`. */
    readonly health?: string;
  };
  /** The third small place for balancer and witness. */
  readonly edge?: { readonly cloud: Cloud };
  readonly replication?: {
    readonly of: Service;
    readonly through: "embedded" | LogService;
    /** What an embedded log keeps at most, like "10GB"; then nothing more is read from the source. */
    readonly logLimit?: string;
  };
  readonly protection?: Partial<Protection>;
}

/** Limits that a drill is held against unless the config sets them. */
const DEFAULT_PROTECTION: Protection = { maxLossTransactions: 100, maxOutageSeconds: 60 };

/** The application that a config declares. Throws `PreflightError` with all faults at once, those of its services included. */
export function application(name: string, spec: ApplicationSpec): Application {
  const faults = applicationFaults(name, spec);
  if (faults.length > 0) throw new PreflightError(titleOf(name), faults);
  const built = build(name, spec);
  installOrder(built);
  return built;
}

function build(name: string, spec: ApplicationSpec): Application {
  const { services, edge, traffic, replication } = spec;
  const sites = Object.entries(spec.sites).map(
    ([site, { role, cloud: where, standby, instances }]): Site => ({
      name: site,
      role,
      cloud: where,
      standby: standby ?? "warm",
      ...(instances && { instances }),
    }),
  );
  const whole: Application = {
    name,
    sites,
    services,
    ...(edge === undefined
      ? {}
      : { edge: { name: EDGE, cloud: edge.cloud, ...(replication && { witness: witness("witness", {}) }) } }),
    ...(traffic === undefined
      ? {}
      : { traffic: { ...traffic, ...healthOf(traffic, services) } satisfies Traffic }),
    ...(replication === undefined ? {} : { replication: replicationOf(replication) }),
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

function replicationOf({
  of,
  through,
  logLimit,
}: NonNullable<ApplicationSpec["replication"]>): NonNullable<Application["replication"]> {
  return { of, through, gateway: gateway("gateway", logLimit === undefined ? {} : { logLimit }) };
}

/** Whether every service that uses the replicated database says that it starts beside a read-only one. */
export function startsReadOnly(whole: Application): boolean {
  const users = usersOfReplicated(whole);
  return whole.services
    .filter(({ name }) => users.has(name))
    .every(({ params }) => (params as { startsReadOnly?: boolean }).startsReadOnly === true);
}

/** How everybody asks whether the application works: as the config says, or as the service behind the balancer is asked. */
function healthOf(
  { to, health: given }: NonNullable<ApplicationSpec["traffic"]>,
  services: readonly Service[],
): Pick<Traffic, "health" | "healthStatuses"> {
  if (given !== undefined) return { health: given };
  const params = services.find(({ name }) => name === to.service)?.params as
    { contextPath?: string; health?: string; healthStatuses?: readonly number[] } | undefined;
  const health = `${(params?.contextPath ?? "/").replace(/\/$/, "")}${params?.health ?? "/"}`;
  return { health, ...(params?.healthStatuses && { healthStatuses: params.healthStatuses }) };
}
