import { startNodes, stopNodes } from "../../lifecycle/launch.ts";
import { confirm } from "../confirm.ts";
import { localNodes, powered, powerOutcome } from "../local-nodes.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = powerOutcome;

/** Powers machines on this computer off or on. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const [wanted = "", target = ""] = call.operands;
  const state = oneOf(["on", "off"], wanted, "power state") === "on" ? "on" : "off";
  await using session = await openSession(call);
  const specs = localNodes(session, target);
  if (state === "off")
    await confirm(`Power ${target} off at once, as if somebody pulled the plug?`, call, signal);
  await (state === "on" ? startNodes : stopNodes)(session.world, specs, signal);
  return powered(specs, state, session.world.application.name);
}
