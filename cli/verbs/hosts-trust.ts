import { z } from "zod";
import { trustHost } from "../../drivers/byon/admin.ts";
import { poolsOf } from "../byon-hosts.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  host: z.string(),
  forgotten: z.string().nullable().describe("the host key that was pinned; null when none was"),
});

/** Forgets the pinned host key of a host or a jump host, and of the node that runs on it. */
export async function run(call: Call): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const pools = await poolsOf(session);
  const named = (id: string): boolean => id === call.operands[0];
  const known = pools.flatMap(({ hosts, options: { jump } }) => [
    ...hosts.map(({ id }) => id),
    ...(jump === undefined ? [] : [jump.host]),
  ]);
  const host = oneOf([...new Set(known)], call.operands[0] ?? "", "host");
  const forgotten = (await Promise.all(pools.map((pool) => trustHost(pool, host)))).find(Boolean);
  const at = pools.flatMap(({ hosts }) => hosts).find(({ id }) => named(id));
  const { nodes } = session.world;
  for (const { claim, machine } of await nodes.all()) {
    if (at === undefined || machine?.ssh.host !== at.host || machine.ssh.port !== at.port) continue;
    await nodes.forgetHostKey(claim.site, claim.name);
  }
  const text =
    forgotten === undefined
      ? `${host} has no pinned host key`
      : `${host}: the host key ${forgotten} is forgotten; the next contact pins the one that it shows`;
  return { text, json: { host, forgotten: forgotten ?? null } };
}
