import { z } from "zod";
import { quarantineByHand } from "../../drivers/byon/admin.ts";
import { hostNamed } from "../byon-hosts.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  host: z.string(),
  state: z.literal("quarantined"),
  reason: z.string(),
});

/** Keeps a host from being claimed; who has it keeps it. */
export async function run(call: Call): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const [name = "", ...words] = call.operands;
  const { pool, host } = await hostNamed(session, name);
  const { reason } = await quarantineByHand(pool, host, words.join(" ") || "put there by hand");
  const text = `${host.id} is in quarantine: ${reason}\n  until: hotsite hosts release ${host.id}`;
  return { text, json: { host: host.id, state: "quarantined", reason } };
}
