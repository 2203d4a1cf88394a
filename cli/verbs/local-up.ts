import { startNodes } from "../../lifecycle/launch.ts";
import { launchedLocalNodes, powered, powerOutcome } from "../local-nodes.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = powerOutcome;

/** Starts machines on this computer; those that run stay as they are. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const nodes = await launchedLocalNodes(session, call.operands[0]);
  await startNodes(session.world, nodes, signal);
  return powered(nodes, "on", session.world.application.name);
}
