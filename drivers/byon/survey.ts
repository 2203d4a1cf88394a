import { HotsiteError, RetryableError } from "../../core/errors.ts";
import type { HostClaim } from "./claim.ts";
import type { Host } from "./hosts.ts";
import { look, type Look, type Objection } from "./look.ts";
import type { HostMemory } from "./memory.ts";
import type { Pool } from "./pool.ts";
import { isOff } from "./power.ts";

/** A host as it was found, or why it was not, and what was known of it before. */
export interface Finding {
  readonly host: Host;
  readonly memory: HostMemory;
  readonly seen?: Look;
  readonly failure?: HotsiteError;
}

/** So many hosts are asked at the same time. */
const atOnce = 16;

/** Asks hosts all at once; the answers are in the order of the hosts. */
export async function survey(
  pool: Pool,
  hosts: readonly Host[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const waiting = [...hosts.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      findings[next[0]] = await find(pool, next[1], signal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return findings;
}

/** Asks one host; a failure to reach it or to log in is part of the answer. */
export async function find(pool: Pool, host: Host, signal: AbortSignal): Promise<Finding> {
  const memory = await pool.memory.of(host.id);
  try {
    // Nobody waits for the silence of a host whose own power says that it is off.
    if (memory.poweredOff && host.power?.state !== undefined && (await isOff(pool, host, signal))) {
      return { host, memory, failure: new RetryableError("unreachable", `${host.id}: its power is off`) };
    }
    return { host, memory, seen: await look(await pool.shell(host, signal), signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HotsiteError)) throw error;
    return { host, memory, failure: error };
  }
}

/** Who has the host, by its own account, or by memory when it does not answer. */
export function holderOf({ seen, memory }: Finding): HostClaim | undefined {
  return seen === undefined ? memory.claim : seen.claim;
}

/** Why a host could not be asked. */
export function failureObjection(failure: HotsiteError): Objection {
  return { problem: failure.message, ...(failure.hint !== undefined && { remedy: failure.hint }) };
}
