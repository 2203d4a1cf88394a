import { z } from "zod";
import { freeHost } from "../../drivers/byon/admin.ts";
import { find, holderOf } from "../../drivers/byon/survey.ts";
import { hostNamed } from "../byon-hosts.ts";
import { confirm } from "../confirm.ts";
import { openSession } from "../session.ts";
import { hostClaim } from "../outcomes/hosts.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  host: z.string(),
  state: z.enum(["free", "given up"]),
  from: hostClaim.nullable().describe("who had it"),
});

/** Ends a host's quarantine, and the claim of whoever has it. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { pool, host } = await hostNamed(session, call.operands[0] ?? "");
  const holder = holderOf(await find(pool, host, signal));
  if (holder !== undefined) {
    const node = `${holder.site}/${holder.name} of ${holder.owner}`;
    await confirm(`${host.id} is ${node}. Take it away, with what Hotsite put on it?`, call, signal);
  }
  const state = await freeHost(pool, host, signal);
  const text =
    state === "free"
      ? `${host.id} is free`
      : `${host.id} does not answer and is given up: its claim is taken off it before anybody gets it`;
  return { text, json: { host: host.id, state, from: holder ?? null } };
}
