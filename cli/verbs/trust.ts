import { z } from "zod";
import { forgetHostKey } from "../../lifecycle/trust.ts";
import { poolsOf } from "../byon-hosts.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  trusted: z.string().describe("the node or host that was named"),
  forgotten: z.string().optional().describe("the host key that was pinned; absent when none was"),
});

/** Forgets the pinned host key of a node, of a host or of a jump host, so that the next contact pins the one that it shows. */
export async function run(call: Call): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { world } = session;
  const records = await world.nodes.all();
  const pools = await poolsOf(session);
  const hosts = pools.flatMap(({ servers }) => servers);
  const nodes = records.map(({ claim }) => `${claim.site}/${claim.name}`);
  const kind = hosts.length === 0 ? "node" : "node or host";
  const trusted = oneOf([...new Set([...nodes, ...hosts])], call.operands[0] ?? "", kind);
  const [site = "", name = ""] = trusted.split("/");
  const forgotten = nodes.includes(trusted)
    ? await forgetHostKey(world, await world.nodes.launched(site, name))
    : await pools
        .find(({ servers }) => servers.includes(trusted))
        ?.hostKey(trusted)
        .forget();
  return {
    text:
      forgotten === undefined
        ? `${trusted} has no pinned host key`
        : `${trusted}: the host key ${forgotten} is forgotten; the next contact pins the one that it shows`,
    json: { trusted, ...(forgotten !== undefined && { forgotten }) },
  };
}
