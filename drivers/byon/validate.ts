import type { NodeClaim } from "../../core/driver.ts";
import type { Fault } from "../../core/errors.ts";
import { cloudPath } from "../template.ts";
import { matching, unplaced } from "./choose.ts";
import { failureObjection, holderOf, survey, type Finding } from "./survey.ts";
import { objections, type Objection } from "./look.ts";
import { templateSchema } from "./options.ts";
import type { Pool } from "./pool.ts";

/** Whether there is a fit host for each claim; when there is not, what keeps each other host from being one. Changes nothing. */
export async function placeFaults(
  pool: Pool,
  claims: readonly NodeClaim[],
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const [first] = claims;
  if (first === undefined) return [];
  const found = await survey(pool, pool.hosts, signal);
  const expose = [...new Set(claims.flatMap((claim) => claim.expose))];
  const judged = found.map((finding) => ({ finding, reasons: reasonsAgainst(pool, finding, expose) }));
  const free = judged.filter(({ reasons }) => reasons.length === 0).map(({ finding }) => finding.host);
  const nodes = claims.map((claim) => ({
    claim,
    labels: templateSchema.parse(claim.template).labels ?? [],
  }));
  const without = unplaced(nodes, free);
  if (without.length === 0) return [];
  const path = `${cloudPath(first.site)}.hosts`;
  const summary: Fault = {
    path,
    problem: `no host is free for ${without.map(({ claim }) => `${claim.site}/${claim.name}`).join(", ")}`,
    found: `${free.length} free of ${pool.hosts.length}`,
    remedy: "add hosts, mend those below, or take back what others do not need",
  };
  const labels = without.flatMap((node) =>
    matching(pool.hosts, node.labels).length === 0 ? node.labels : [],
  );
  const missing = [...new Set(labels)].map((label) => ({
    path,
    problem: `too few hosts have the label ${label}`,
  }));
  const each = judged.flatMap(({ finding, reasons }) =>
    reasons.map((reason) => ({ path: `${path}.${finding.host.id}`, ...reason })),
  );
  return [summary, ...missing, ...each];
}

/** All that keeps a host from being used. */
export function reasonsAgainst(
  pool: Pool,
  finding: Finding,
  expose: readonly number[],
): readonly Objection[] {
  const { seen, failure, memory } = finding;
  if (failure !== undefined) return [failureObjection(failure)];
  const holder = holderOf(finding);
  if (holder !== undefined && !memory.abandoned.includes(holder.id)) {
    return [{ problem: `${holder.owner} has it, as ${holder.site}/${holder.name}` }];
  }
  const byHand = memory.quarantine?.byHand === true ? [{ problem: memory.quarantine.reason }] : [];
  return [...byHand, ...(seen === undefined ? [] : objections(seen, { ...pool.demands, expose }))];
}
