import { z } from "zod";
import type { StepTree, Workflow } from "../core/workflow.ts";
import { needFacts, linkOrder } from "../lifecycle/facts.ts";
import { HotsiteError } from "../core/errors.ts";
import { evaluate, prepareWeb } from "./switchover-before.ts";
import {
  catchUp,
  freeze,
  holdTraffic,
  promote,
  reachEnd,
  startWeb,
  switchTraffic,
} from "./switchover-gap.ts";
import { protectBackwards, recordSwitch, stopOldWeb, verifyAsClient } from "./switchover-after.ts";
import type { ProtectionWorld } from "./world.ts";

export const switchoverInput = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** In force before the switch. */
  epoch: z.int(),
  /** The link in force: from `from` to `to`. */
  link: linkOrder,
  /** How long a request may wait at the balancer. */
  holdMs: z.number(),
  /** How long requests in progress may take to end, before anything is frozen. */
  drainMs: z.number(),
  /** How long the standby may take to apply the last transactions; then all is taken back. */
  reachMs: z.number(),
  /** How far the standby may be behind when it begins. */
  maxLagSeconds: z.number(),
  /** Guards that a person overrides. */
  skip: z.array(z.string()),
});
export type SwitchoverInput = z.infer<typeof switchoverInput>;

/** A planned change of primary: nothing is lost, and requests wait instead of failing. */
export const switchoverWorkflow: Workflow<ProtectionWorld, SwitchoverInput> = {
  name: "switchover",
  input: switchoverInput,
  steps: (input) => switchoverSteps(input).tree,
};

/** The steps by name, for those who read their outputs, and in order. */
export function switchoverSteps(input: SwitchoverInput) {
  const before = evaluate(input);
  const warm = prepareWeb(input);
  const held = holdTraffic(input, before);
  const frozen = freeze(input, before);
  const reached = reachEnd(input, frozen);
  const caughtUp = catchUp(input, frozen);
  const promoted = promote(input);
  const started = startWeb(input, warm);
  const moved = switchTraffic(input);
  const recorded = recordSwitch(input);
  const verified = verifyAsClient();
  const reversed = protectBackwards(input, promoted);
  const stopped = stopOldWeb(input);
  const tree: StepTree<ProtectionWorld> = {
    sequence: [
      before,
      warm,
      held,
      frozen,
      reached,
      caughtUp,
      promoted,
      started,
      moved,
      recorded,
      verified,
      reversed,
      stopped,
    ],
  };
  return { before, held, frozen, caughtUp, promoted, moved, verified, tree };
}

/** Times that make requests wait well below what clients bear, and a standby that lags too much never begin. */
const usual = { holdMs: 15_000, drainMs: 5_000, reachMs: 8_000, maxLagSeconds: 10 };

/** The input of a switchover to the present standby. */
export async function planSwitchover(
  world: ProtectionWorld,
  options: { readonly to?: string; readonly skip?: readonly string[] } = {},
): Promise<SwitchoverInput> {
  const facts = await needFacts(world);
  const { activeSite: from, standbySite: to, epoch, link } = facts;
  if (options.to !== undefined && options.to !== to) {
    throw new HotsiteError(
      "no-standby",
      `${options.to} is not the standby: ${from} is the primary, ${to} the standby`,
      {
        hint: options.to === from ? `nothing to do: ${from} is the primary already` : "see hotsite status",
      },
    );
  }
  if (link === null || facts.failover !== null) {
    throw new HotsiteError("unprotected", `${to} has no copy of the data that follows ${from}`, {
      hint: "hotsite reprotect",
    });
  }
  return { from, to, epoch, link, skip: [...(options.skip ?? [])], ...usual };
}
