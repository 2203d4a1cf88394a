import { z } from "zod";
import type { LinkControl, LinkOperator } from "../../core/protection.ts";
import type { Verbs } from "../control/server.ts";
import { linkOrder, pauseScope, skipOrder } from "./control.ts";

const drainInput = z.strictObject({ timeoutMs: z.number().nonnegative() });
const pauseInput = z.strictObject({ scope: pauseScope });
const reachInput = z.strictObject({ position: z.string(), timeoutMs: z.number().nonnegative() });

/** What can be asked of a running gateway through its control socket. */
export function verbsOf(running: LinkControl & LinkOperator): Verbs {
  return {
    status: (_input, signal) => running.status(signal),
    stop: (_input, signal) => running.stop(signal),
    "start-order": (input, signal) => running.start(linkOrder.parse(input), signal),
    pause: (input, signal) => running.pause(pauseInput.parse(input).scope, signal),
    "go-on": (_input, signal) => running.goOn(signal),
    skip: (input, signal) => running.skip(skipOrder.parse(input), signal),
    drain: (input, signal) => running.drain(drainInput.parse(input).timeoutMs, signal),
    reach: (input, signal) => {
      const { position, timeoutMs } = reachInput.parse(input);
      return running.reach(position, timeoutMs, signal);
    },
  };
}
