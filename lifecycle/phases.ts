import type { Application } from "../core/application.ts";
import type { Around } from "./job-steps.ts";
import {
  EDGE,
  installOrder,
  nodesOf,
  roleOf,
  usersOfReplicated,
  type NodeSpec,
  type Placement,
} from "./topology.ts";

/** One service on one node, to be put there. */
export interface Job {
  readonly spec: NodeSpec;
  readonly placement: Placement;
}

/** The order of an installation. A phase's groups follow each other; the jobs of a group do not need each other. */
export interface Phases {
  /** What the databases need at the edge before they start: the witness. */
  readonly edge: readonly Job[];
  /** Services of the primary site, and the standby's that do not need the replicated data. */
  readonly sites: readonly (readonly Job[])[];
  /** The standby's services that use the replicated database: they can start once its first copy is there. */
  readonly standby: readonly (readonly Job[])[];
  /** The balancer, which needs the nodes of all sites. */
  readonly balancer: readonly Job[];
}

export function phasesOf(application: Application, activeSite?: string): Phases {
  const jobs = nodesOf(application).flatMap((spec) =>
    spec.services.map((placement) => ({ spec, placement })),
  );
  const balancer = application.traffic?.balancer;
  const needData = usersOfReplicated(application);
  const isLate = ({ spec, placement }: Job): boolean =>
    roleOf(application, spec.site, activeSite) === "standby" && needData.has(placement.service.name);
  const groups = installOrder(application).map((services) =>
    jobs.filter((job) => services.includes(job.placement.service)),
  );
  const pick = (wanted: (job: Job) => boolean): readonly (readonly Job[])[] =>
    groups.map((group) => group.filter(wanted)).filter((group) => group.length > 0);
  return {
    edge: jobs.filter(({ spec, placement }) => spec.site === EDGE && placement.service !== balancer),
    sites: pick((job) => job.spec.site !== EDGE && !isLate(job)),
    standby: pick((job) => job.spec.site !== EDGE && isLate(job)),
    balancer: jobs.filter(({ placement }) => placement.service === balancer),
  };
}

/**
 * Whether a service runs on its node, or waits there: for its site to become primary, as the web tier of a warm standby does, or for data,
 * which a site that was lost has to be given first.
 */
export function startsNow(
  { application, activeSite, alone = false }: Around,
  { spec, placement }: Job,
): boolean {
  const standby = application.sites.find(({ name }) => name === spec.site && name !== activeSite);
  const waits = standby !== undefined && (standby.standby === "warm" || alone);
  return !waits || !usersOfReplicated(application).has(placement.service.name);
}
