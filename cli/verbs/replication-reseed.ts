import { z } from "zod";
import { askControl } from "../../replication/control/client.ts";
import { endsOf } from "../../replication/standalone/ends.ts";
import { reseedOrder } from "../../replication/standalone/order.ts";
import { isRunning } from "../../replication/standalone/place.ts";
import { confirm } from "../confirm.ts";
import { openGateway, openLinkIfAny, type LinkSession } from "../link-session.ts";
import type { Call, Outcome } from "../verb.ts";
import * as reprotect from "./reprotect.ts";

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({
    link: z.string(),
    stream: z.string().optional().describe("the one that begins with a first copy; absent of a dry run"),
  }),
  ...reprotect.outcome.options,
]);

/** Replaces the target's data by a new first copy. Of an application that is what `reprotect` does. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const session = await openLinkIfAny(call);
  return session === undefined ? reprotect.run(call, signal) : reseed(session, call, signal);
}

async function reseed(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { declaration, place, socket } = session;
  const { name } = declaration;
  if (call.options.dryRun === true)
    return { text: `${name}: a new first copy would replace the target's data`, json: { link: name } };
  await confirm(`Replace the data of the target of ${name} by a new first copy?`, call, signal);
  const running = await isRunning(session, signal);
  await using gateway = await openGateway(session, call);
  const order = await reseedOrder(declaration, gateway.order, await endsOf(declaration, place), signal);
  await (running ? askControl(socket, "start-order", order, signal) : gateway.keep(order, signal));
  const when = running ? "begins" : "begins with the next `hotsite replicate`";
  return { text: `${name}: a new first copy ${when}`, json: { link: name, stream: order.stream } };
}
