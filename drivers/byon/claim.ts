import { z } from "zod";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import type { Host } from "./hosts.ts";

/** What a host says of who has it; one line of JSON in a file that is made by one atomic command. */
export const claimSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  owner: z.string(),
  site: z.string(),
  name: z.string(),
  expose: z.array(z.int()),
});

export type HostClaim = z.infer<typeof claimSchema>;

export function hostClaim({ id, owner, site, name, expose }: NodeClaim): HostClaim {
  return { version: 1, id, owner, site, name, expose: [...expose] };
}

/** A claimed host as the machine that it is. The id names the claim too: nobody ends the next tenant's by mistake. */
export function machineOf(
  host: Host,
  claim: HostClaim,
  facts: { readonly state: Machine["state"]; readonly sudo: boolean },
): Machine {
  const { id, owner, site, name, expose } = claim;
  return {
    id: `${host.id}#${id}`,
    claim: id,
    ...{ owner, site, name },
    state: facts.state,
    address: host.host,
    ssh: {
      ...{ host: host.host, port: host.port, user: host.user },
      ...(facts.sudo && { sudo: true }),
    },
    exposed: Object.fromEntries(expose.map((port) => [port, { host: host.host, port }])),
  };
}

/** The host and the claim that a machine's id names. */
export function partsOf(id: string): { readonly host: string; readonly claim: string } | undefined {
  const at = id.indexOf("#");
  return at < 0 ? undefined : { host: id.slice(0, at), claim: id.slice(at + 1) };
}
