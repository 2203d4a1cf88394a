import type { Machine } from "../../core/driver.ts";
import { NodeNotFoundError } from "../../core/errors.ts";
import { machineOf, partsOf, type HostClaim } from "./claim.ts";
import type { Host } from "./hosts.ts";
import type { Pool } from "./pool.ts";
import { isOff } from "./power.ts";
import { find, holderOf, survey, type Finding } from "./survey.ts";

/** A claimed host as a machine. */
export function machineNow(host: Host, claim: HostClaim, state: Machine["state"]): Machine {
  const sudo = host.sudo !== false && (host.sudo !== undefined || host.user !== "root");
  return machineOf(host, claim, { state, sudo });
}

/** The machines of an owner: by the hosts' own account, and by memory for those that do not answer. */
export async function machinesOf(
  pool: Pool,
  owner: string,
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const memories = await Promise.all(pool.hosts.map((host) => pool.memory.of(host.id)));
  // A host in quarantine that nobody had is not waited for.
  const asked = pool.hosts.filter(
    (_, index) => memories[index]?.quarantine === undefined || memories[index].claim !== undefined,
  );
  const machines: Machine[] = [];
  for (const finding of await survey(pool, asked, signal)) {
    const claim = holderOf(finding);
    if (claim?.owner !== owner || finding.memory.abandoned.includes(claim.id)) continue;
    machines.push(machineNow(finding.host, claim, await stateOf(pool, finding, signal)));
  }
  return machines.sort((a, b) => a.site.localeCompare(b.site) || a.name.localeCompare(b.name));
}

/** The host that has the claim of a machine's id. Throws `NodeNotFoundError`. */
export async function hostOfMachine(pool: Pool, id: string, signal: AbortSignal): Promise<Host> {
  const host = await hostIfHeld(pool, id, signal);
  if (host !== undefined) return host;
  throw new NodeNotFoundError(`there is no machine ${id}`, {
    hint: "`hotsite hosts list` says who has which host",
  });
}

/** Undefined when the host has no claim of this id (any more). */
export async function hostIfHeld(pool: Pool, id: string, signal: AbortSignal): Promise<Host | undefined> {
  const parts = partsOf(id);
  if (parts === undefined) return undefined;
  const host = pool.host(parts.host);
  const finding = await find(pool, host, signal);
  const isHeld = holderOf(finding)?.id === parts.claim && !finding.memory.abandoned.includes(parts.claim);
  return isHeld ? host : undefined;
}

async function stateOf(pool: Pool, { host, seen }: Finding, signal: AbortSignal): Promise<Machine["state"]> {
  if (seen !== undefined) return "running";
  // Silence is no proof: only what is off for certain counts as stopped.
  return (await isOff(pool, host, signal)) ? "stopped" : "running";
}
