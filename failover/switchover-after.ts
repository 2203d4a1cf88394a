import { z } from "zod";
import type { Step } from "../core/workflow.ts";
import { changeFacts } from "../lifecycle/facts.ts";
import { orderFor } from "./order.ts";
import type { SwitchoverInput } from "./switchover.ts";
import { rollBackUndecided } from "./undecided.ts";
import { canary, CLIENTS_WRITE, defaultCanary, isWarm } from "./traffic.ts";
import type { ProtectionWorld } from "./world.ts";

const moment = z.strictObject({ atMs: z.number() });
type Moment = z.infer<typeof moment>;
type Place = { readonly atMs: number; readonly position: string };

/** The facts follow the database at once: whatever fails later, `status` shows the right primary. */
export function recordSwitch({ from, to, epoch }: SwitchoverInput): Step<ProtectionWorld, Moment> {
  return {
    name: "record the new primary",
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world) {
      await changeFacts(world, {
        activeSite: to,
        standbySite: from,
        epoch: epoch + 1,
        link: null,
        copied: true,
      });
      return { atMs: world.clock.now() };
    },
  };
}

/** Several good answers in a row, through the front door. */
export function verifyAsClient(): Step<ProtectionWorld, Moment> {
  return {
    name: "verify as a client",
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    run: async (world, signal) => ({ atMs: await canary(world, defaultCanary, signal) }),
  };
}

/** The old primary follows the new one, from the very position of the promotion. */
export function protectBackwards(
  input: SwitchoverInput,
  promoted: Step<ProtectionWorld, Place>,
): Step<ProtectionWorld, Moment> {
  const { from, to, epoch } = input;
  return {
    name: `${from}: follow ${to}`,
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world, signal) {
      await rollBackUndecided(world, from, `given up by the switchover to ${to}`, signal);
      const start = world.output(promoted).position;
      const order = orderFor(world, { epoch: epoch + 1, from: to, to: from, start, begin: "stream" });
      await world.link(from).start(order, signal);
      await changeFacts(world, { link: order });
      return { atMs: world.clock.now() };
    },
  };
}

/** A standby that is only warm keeps no web tier running. */
export function stopOldWeb({ from }: SwitchoverInput): Step<ProtectionWorld, Moment> {
  return {
    name: `${from}: stop web tier`,
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world, signal) {
      if (isWarm(world, from)) await world.web(from).stop(signal);
      return { atMs: world.clock.now() };
    },
  };
}
