import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { LinkControl } from "../core/protection.ts";
import type { Step } from "../core/workflow.ts";
import { changeFacts, linkOrder, readFacts, type FactsPlace } from "./facts.ts";
import type { FleetWorld } from "./fleet-world.ts";
import { orderAfter } from "./link-order.ts";
import { logPlace } from "./topology.ts";

/** What the old log holds is applied within this, as a rule; what is not is read from the source again. */
const DRAIN_MS = 60_000;

/** By no config the log is there: the next installation begins a new stream. */
const NOWHERE = "unknown";

/** Whether the config wants the log of the present link in another place than where it is. */
export async function movesLog(place: FactsPlace): Promise<boolean> {
  const facts = await readFacts(place);
  return facts?.link != null && (facts.log ?? "embedded") !== logPlace(place.application);
}

/**
 * Ends the stream of the present log, before its gateway is told of another place. What follows is a new stream, under a new epoch, from
 * exactly what the standby has: no record is carried from one log to the other, and nothing is copied again.
 */
export function endStream(
  application: Application,
  { activeSite, movesLog: moves = false }: { readonly activeSite: string; readonly movesLog?: boolean },
): readonly Step<FleetWorld, z.infer<typeof linkOrder> | null>[] {
  const standby = application.sites.find(({ name }) => name !== activeSite)?.name;
  if (!moves || standby === undefined) return [];
  const log = logPlace(application);
  return [
    {
      name: `${standby}: end the stream, its log moves to ${log}`,
      output: linkOrder.nullable(),
      async run(world, signal) {
        const facts = await readFacts(world);
        if (facts?.link == null) return null;
        if (facts.log === log) return facts.link;
        const link = world.steering.link(standby);
        // Without a gateway there is no log to move: the link says so when it is started.
        if (!(await answers(link, signal))) return null;
        await drained(world, link, signal);
        await link.stop(signal);
        const order = await orderAfter(world, world.steering, facts.link, signal);
        await changeFacts(world, {
          ...{ log, link: order, epoch: order.epoch },
          copied: facts.copied && order.begin === "stream",
        });
        return order;
      },
      // Either stream runs in the old place, where the gateway may still be: the old one goes on there, the new one begins there as well.
      async undo(world, order, signal) {
        const facts = await readFacts(world);
        if (order === null || facts?.link == null) return;
        if (facts.log === log) await changeFacts(world, { log: NOWHERE });
        await world.steering.link(standby).start(facts.link, signal);
      },
    },
  ];
}

async function answers(link: LinkControl, signal: AbortSignal): Promise<boolean> {
  try {
    return (await link.status(signal)) !== undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HotsiteError) return false;
    throw error;
  }
}

/** A link that cannot be drained, because its log or the target is away, loses nothing by it as long as its source is there. */
async function drained({ logger }: FleetWorld, link: LinkControl, signal: AbortSignal): Promise<void> {
  try {
    await link.drain(DRAIN_MS, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HotsiteError)) throw error;
    logger.warn("the log is not drained; the source is read again from what is applied", {
      site: link.site,
      problem: error.message,
    });
  }
}
