import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import { formatPosition, joinPositions, ofOrigin, parsePosition } from "../core/position.ts";
import type { LinkOrder } from "../core/protection.ts";
import { changeFacts, freshFacts, readFacts, type FactsPlace } from "./facts.ts";
import type { Steering } from "./fleet-world.ts";
import { logPlace } from "./topology.ts";

type Ordering = Pick<Steering, "witness" | "link" | "database">;

/** The order of a first link: the one that was given before, else a new one that begins with a copy of everything. Repeatable. */
export async function orderInForce(
  place: FactsPlace,
  controls: Ordering,
  way: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<LinkOrder> {
  const kept = (await readFacts(place))?.link;
  // An interrupted run may have given the order already: the same stream goes on from where it began.
  if (kept?.from === way.from) return kept;
  const epoch = await epochFor(controls, way.to, signal);
  const { position } = await controls.database(way.from).state(signal);
  const stream = streamName(place.application, epoch);
  const order: LinkOrder = { ...way, stream, epoch, start: position, begin: "copy" };
  const log = logPlace(place.application);
  await changeFacts(place, { ...freshFacts(way.from, way.to), epoch, link: order, log });
  return order;
}

/**
 * The order of the stream that follows an ended one: from what the standby has applied of it, under a new epoch. When its copy was not
 * complete, it begins with another one.
 */
export async function orderAfter(
  place: FactsPlace,
  controls: Ordering,
  link: LinkOrder,
  signal: AbortSignal,
): Promise<LinkOrder> {
  const kept = await controls.database(link.to).checkpoint(signal);
  const begun = link.begin === "stream" ? link.start : "";
  const applied = kept?.stream === link.stream ? kept.position : begun;
  const epoch = await epochFor(controls, link.to, signal);
  const next = { ...link, epoch, stream: streamName(place.application, epoch) };
  if (applied === "") {
    const { position } = await controls.database(link.from).state(signal);
    return { ...next, begin: "copy", start: position };
  }
  // What the standby wrote before its data was replaced is in no source, and no divergence.
  const { position, origin } = await controls.database(link.to).state(signal);
  const start = joinPositions(parsePosition(applied), ofOrigin(parsePosition(position), origin));
  return { ...next, begin: "stream", start: formatPosition(start) };
}

/** Takes the order back, and what was said of the copy: the next link is a new one. Repeatable. */
export async function forgetOrder(place: FactsPlace): Promise<void> {
  if ((await readFacts(place)) !== undefined) await changeFacts(place, { link: null, copied: false });
}

/** The witness's epoch, or a new one where the gateway has followed it already: a stream has one beginning only. */
async function epochFor(controls: Ordering, site: string, signal: AbortSignal): Promise<number> {
  const followed = (await controls.link(site).status(signal))?.epoch ?? 0;
  const witness = controls.witness();
  const held = await witness.authority(signal);
  if (followed < held.epoch) return held.epoch;
  if (followed > held.epoch) {
    throw new HotsiteError(
      "stale-epoch",
      `the gateway of ${site} follows epoch ${followed}, the witness is at ${held.epoch}`,
    );
  }
  await witness.grant({ epoch: held.epoch + 1, writer: held.writer }, held, signal);
  return held.epoch + 1;
}

function streamName({ name, replication }: Application, epoch: number): string {
  return `${name}/${replication?.of.name ?? "db"}/${epoch}`;
}
