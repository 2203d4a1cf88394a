import { z } from "zod";
import type { LinkControl } from "../../core/protection.ts";
import type { Verbs } from "../control/server.ts";
import { linkOrder } from "./control.ts";

const drainInput = z.strictObject({ timeoutMs: z.number().nonnegative() });
const reachInput = z.strictObject({ position: z.string(), timeoutMs: z.number().nonnegative() });

/** What can be asked of a running gateway through its control socket. */
export function verbsOf(running: LinkControl): Verbs {
  return {
    status: (_input, signal) => running.status(signal),
    stop: (_input, signal) => running.stop(signal),
    "start-order": (input, signal) => running.start(linkOrder.parse(input), signal),
    drain: (input, signal) => running.drain(drainInput.parse(input).timeoutMs, signal),
    reach: (input, signal) => {
      const { position, timeoutMs } = reachInput.parse(input);
      return running.reach(position, timeoutMs, signal);
    },
  };
}
