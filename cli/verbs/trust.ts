import { z } from "zod";
import { openSession } from "../session.ts";
import { nodeNamed } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  node: z.string(),
  forgotten: z.string().optional().describe("the host key that was pinned; absent when none was"),
});

/** Forgets the pinned host key of a node, so that the next contact pins the one that it shows. */
export async function run(call: Call): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { nodes } = session.world;
  const { site, name } = (await nodeNamed(nodes, call.operands[0] ?? "")).claim;
  const node = `${site}/${name}`;
  const forgotten = await nodes.forgetHostKey(site, name);
  return {
    text:
      forgotten === undefined
        ? `${node} has no pinned host key`
        : `${node}: the host key ${forgotten} is forgotten; the next contact pins the one that it shows`,
    json: { node, forgotten },
  };
}
