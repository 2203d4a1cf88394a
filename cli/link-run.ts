import { systemClock } from "../core/clock.ts";
import type { LinkStatus } from "../core/protection.ts";
import type { Gateway } from "../replication/gateway/gateway.ts";
import { keepHeapSmall } from "../replication/heap.ts";
import { serveMetrics } from "../replication/metrics/serve.ts";
import { beginLink } from "../replication/standalone/begin.ts";
import { caughtUp } from "../replication/standalone/caught-up.ts";
import { endsOf } from "../replication/standalone/ends.ts";
import { refuseSecond } from "../replication/standalone/place.ts";
import { beginServed, type ServedGateway } from "../replication/standalone/served.ts";
import { watchLink } from "../replication/standalone/watch.ts";
import { exitCodes } from "./exit.ts";
import { LinkProgress } from "./link-progress.ts";
import { openGateway, type LinkSession } from "./link-session.ts";
import type { ReplicateOutcome } from "./outcomes/replicate.ts";
import type { Call, Outcome } from "./verb.ts";

/** Runs the link until the signal ends, or until the goal of the call is reached. Rejects when the link needs a person. */
export async function runLink(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  keepHeapSmall();
  await refuseSecond(session, signal);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const drains = call.options.drainLog === true;
  const beginning = {
    open: () => openGateway(session, call),
    begin: async (gateway: Gateway) => {
      await beginLink(session, gateway, { drains }, signal);
      if (drains) await gateway.beginDrain(signal);
    },
  };
  try {
    const { gateway, served } = await beginServed(session.socket, beginning, until);
    return await followed(session, call, { gateway, served, over, until });
  } finally {
    over.abort();
  }
}

interface Following extends ServedGateway {
  readonly over: AbortController;
  /** `over`, or the caller's signal. */
  readonly until: AbortSignal;
}

async function followed(
  session: LinkSession,
  call: Call,
  { gateway: open, served, over, until }: Following,
): Promise<Outcome<ReplicateOutcome>> {
  await using gateway = open;
  const serving = [served, ...metricsOf(session, gateway, call, until)];
  const cannot = Promise.all(serving).then(() => new Promise<never>(() => undefined));
  cannot.catch(() => undefined);
  try {
    return await Promise.race([untilGoal(session, gateway, call, until), cannot]);
  } finally {
    over.abort();
    await Promise.allSettled(serving);
  }
}

function metricsOf(
  { declaration }: LinkSession,
  gateway: Gateway,
  { options }: Call,
  signal: AbortSignal,
): readonly Promise<void>[] {
  const place = options.metrics ?? declaration.metrics;
  if (place === undefined) return [];
  return [serveMetrics(place, { name: declaration.name, status: () => gateway.status() }, signal)];
}

async function untilGoal(
  { declaration, place }: LinkSession,
  gateway: Gateway,
  { options, output }: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  using progress = new LinkProgress(output);
  const show = (status: LinkStatus): void => progress.show(status, systemClock.now());
  const watching = watchLink(gateway, show, signal);
  if (options.untilCaughtUp !== true) return ended(declaration.name, await watching, options.drainLog);
  const { source } = await endsOf(declaration, place);
  const reached = caughtUp(gateway, { source, clock: systemClock }, signal).then(
    (position): Outcome<ReplicateOutcome> => ({
      text: `${declaration.name}: the target has everything up to ${position}`,
      json: { event: "end", why: "caught up", applied: position },
    }),
  );
  // Whichever is later rejects as the signal ends.
  reached.catch(() => undefined);
  return await Promise.race([reached, watching.then((status) => ended(declaration.name, status, true))]);
}

/** `wanted`: the call had a goal, which was not reached when the link was interrupted. */
function ended(
  name: string,
  { state, applied, received }: LinkStatus,
  wanted = false,
): Outcome<ReplicateOutcome> {
  const drained = state === "stopped";
  const until = applied === undefined ? "" : `; the target has everything up to ${applied}`;
  return {
    text: `${name}: ${drained ? "the log is drained" : "stopped"}${until}${drained ? "" : "; run it again to go on"}`,
    json: { event: "end", why: drained ? "drained" : "interrupted", applied, received },
    exitCode: wanted && !drained ? exitCodes.interrupted : exitCodes.ok,
  };
}
