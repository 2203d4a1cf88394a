import { z } from "zod";
import { takeSnapshot } from "../../drivers/local/snapshot.ts";
import { localNodes } from "../local-nodes.ts";
import { openSession } from "../session.ts";
import { nodeNamed } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  name: z.string(),
  image: z.string().describe("for local({ image })"),
});

/** Makes an image of a node's disk, for other machines to start from. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const [target = "", name = ""] = call.operands;
  await using session = await openSession(call);
  const { claim, machine } = await nodeNamed(session.world, target);
  localNodes(session, `${claim.site}/${claim.name}`);
  const image = await takeSnapshot(machine.id, name, signal);
  return {
    text: `${target} is the snapshot ${name} now: local({ image: "${image}" })`,
    json: { name, image },
  };
}
