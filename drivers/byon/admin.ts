import { script } from "../../core/command.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Shell } from "../../core/shell.ts";
import type { HostClaim } from "./claim.ts";
import type { Host } from "./hosts.ts";
import { inWords, type Look } from "./look.ts";
import type { Quarantine } from "./memory.ts";
import type { Pool } from "./pool.ts";
import { release } from "./release.ts";
import { acceptText } from "./scripts.ts";
import { failureObjection, find, holderOf, survey, type Finding } from "./survey.ts";
import { reasonsAgainst } from "./validate.ts";

/** What people see of one host. */
export interface HostReport {
  readonly host: string;
  readonly labels: readonly string[];
  readonly state: "free" | "claimed" | "quarantined" | "unfit";
  readonly claim?: HostClaim;
  /** Why nobody gets it. */
  readonly reason?: string;
  readonly remedy?: string;
  readonly seen?: Look;
}

/** Every host as it is now. Changes nothing. */
export async function reportHosts(pool: Pool, signal: AbortSignal): Promise<readonly HostReport[]> {
  return (await survey(pool, pool.hosts, signal)).map((finding) => reportOf(pool, finding));
}

/** Asks one host, and lifts the quarantine that Hotsite put on it when its reason is gone. */
export async function probe(pool: Pool, host: Host, signal: AbortSignal): Promise<HostReport> {
  const finding = await find(pool, host, signal);
  const { quarantine } = finding.memory;
  if (quarantine?.byHand === false && reasonsAgainst(pool, finding, []).length === 0) {
    await pool.memory.change(host.id, { quarantine: undefined });
  }
  return reportOf(pool, { ...finding, memory: await pool.memory.of(host.id) });
}

/** Nobody gets the host any more; who has it keeps it. */
export async function quarantineByHand(pool: Pool, host: Host, reason: string): Promise<Quarantine> {
  const quarantine = { reason, atMs: Date.now(), byHand: true };
  await pool.memory.change(host.id, { quarantine });
  return quarantine;
}

/** What `freeHost` came to. */
export type Freed = "free" | "given up";

/**
 * A person's word that nobody needs what is on the host: its claim goes with all that is Hotsite's, and its quarantine is over. A host
 * that does not answer is given up: its claim counts no more, and is taken off it before anybody gets it.
 */
export async function freeHost(pool: Pool, host: Host, signal: AbortSignal): Promise<Freed> {
  const finding = await find(pool, host, signal);
  const claim = holderOf(finding);
  if (finding.seen === undefined) {
    if (claim === undefined)
      throw finding.failure ?? new HotsiteError("unreachable", `${host.id} does not answer`);
    const abandoned = [...new Set([...finding.memory.abandoned, claim.id])];
    const quarantine = { reason: "it did not answer when it was given up", atMs: Date.now(), byHand: false };
    await pool.memory.change(host.id, { claim: undefined, abandoned, quarantine });
    return "given up";
  }
  if (claim !== undefined) await release(pool, host, claim.id, signal);
  const shell: Shell = await pool.shell(host, signal);
  await shell.run(script(acceptText), signal);
  await pool.memory.change(host.id, { quarantine: undefined });
  return "free";
}

function reportOf(pool: Pool, finding: Finding): HostReport {
  const { host, memory, seen, failure } = finding;
  const claim = holderOf(finding);
  const common = { host: host.id, labels: host.labels, ...(seen && { seen }) };
  if (claim !== undefined && !memory.abandoned.includes(claim.id)) {
    const silent = failure === undefined ? {} : { reason: failure.message };
    return { ...common, state: "claimed", claim, ...silent };
  }
  if (memory.quarantine !== undefined) {
    const { reason, remedy } = memory.quarantine;
    return { ...common, state: "quarantined", reason, ...(remedy !== undefined && { remedy }) };
  }
  const reasons = failure === undefined ? reasonsAgainst(pool, finding, []) : [failureObjection(failure)];
  if (reasons.length === 0) return { ...common, state: "free" };
  const remedy = reasons.find((reason) => reason.remedy !== undefined)?.remedy;
  return { ...common, state: "unfit", reason: inWords(reasons), ...(remedy !== undefined && { remedy }) };
}
