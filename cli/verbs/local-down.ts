import { NodeNotFoundError } from "../../core/errors.ts";
import { shutDown } from "../../drivers/local/shut-down.ts";
import type { NodeSpec } from "../../lifecycle/topology.ts";
import { confirm } from "../confirm.ts";
import { launchedLocalNodes, powered, powerOutcome } from "../local-nodes.ts";
import { openSession, type Session } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = powerOutcome;

/** Shuts machines on this computer down in order; those that are off stay off. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application } = session.world;
  const [target] = call.operands;
  const nodes = await launchedLocalNodes(session, target);
  if (nodes.length > 0)
    await confirm(`Shut down ${target ?? `all machines of ${application.name}`}?`, call, signal);
  await Promise.all(nodes.map((node) => shutDownNode(session, node, signal)));
  return powered(nodes, "off", application.name);
}

/** A machine that is gone does not run either. */
async function shutDownNode(
  { world }: Session,
  { site, name }: NodeSpec,
  signal: AbortSignal,
): Promise<void> {
  const { machine } = await world.nodes.launched(site, name);
  await world.disconnect(site, name);
  await shutDown(machine.id, signal).catch((error: unknown) => {
    if (!(error instanceof NodeNotFoundError)) throw error;
  });
}
