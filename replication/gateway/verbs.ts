import { z } from "zod";
import type { LinkControl, LinkOperator } from "../../core/protection.ts";
import type { Verbs } from "../control/server.ts";
import { linkOrder, pauseScope, skipOrder } from "./control.ts";

const drainInput = z.strictObject({ timeoutMs: z.number().nonnegative() });
const pauseInput = z.strictObject({ scope: pauseScope });
const reachInput = z.strictObject({ position: z.string(), timeoutMs: z.number().nonnegative() });

/** What can be asked of a running gateway through its control socket. What is asked before it runs waits for it. */
export function verbsOf(begun: Promise<LinkControl & LinkOperator>): Verbs {
  // Who serves them hears of a beginning that fails by itself.
  begun.catch(() => undefined);
  return {
    status: async (_input, signal) => (await begun).status(signal),
    stop: async (_input, signal) => (await begun).stop(signal),
    "start-order": async (input, signal) => (await begun).start(linkOrder.parse(input), signal),
    pause: async (input, signal) => (await begun).pause(pauseInput.parse(input).scope, signal),
    "go-on": async (_input, signal) => (await begun).goOn(signal),
    skip: async (input, signal) => (await begun).skip(skipOrder.parse(input), signal),
    drain: async (input, signal) => (await begun).drain(drainInput.parse(input).timeoutMs, signal),
    reach: async (input, signal) => {
      const { position, timeoutMs } = reachInput.parse(input);
      return (await begun).reach(position, timeoutMs, signal);
    },
  };
}
