import { systemClock } from "../core/clock.ts";
import { HotsiteError, PreflightError } from "../core/errors.ts";
import type { LinkStatus } from "../core/protection.ts";
import { serveControl } from "../replication/control/server.ts";
import type { Gateway } from "../replication/gateway/gateway.ts";
import { verbsOf } from "../replication/gateway/verbs.ts";
import { linkMetrics } from "../replication/metrics/link-metrics.ts";
import { requireSelection } from "../replication/selection/require.ts";
import { serveMetrics } from "../replication/metrics/serve.ts";
import { caughtUp } from "../replication/standalone/caught-up.ts";
import { checkLink } from "../replication/standalone/check.ts";
import { endsOf } from "../replication/standalone/ends.ts";
import { keepLogPlace, keptLogPlace, logPlaceOf } from "../replication/standalone/log-place.ts";
import { firstOrder, movedOrder } from "../replication/standalone/order.ts";
import { exitCodes } from "./exit.ts";
import { runs } from "./link-operator.ts";
import { LinkProgress } from "./link-progress.ts";
import { openGateway, type LinkSession } from "./link-session.ts";
import type { ReplicateOutcome } from "./outcomes/replicate.ts";
import type { Call, Outcome } from "./verb.ts";

const lookMs = 250;

/** Runs the link until the signal ends, or until the goal of the call is reached. Rejects when the link needs a person. */
export async function runLink(
  session: LinkSession,
  call: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  await refuseSecond(session, signal);
  await using gateway = await openGateway(session, call);
  await begin(session, gateway, call.options, signal);
  if (call.options.drainLog === true) await gateway.beginDrain(signal);
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const serving = [
    serveControl(session.socket, verbsOf(gateway), until),
    ...metricsOf(session, gateway, call, until),
  ];
  const served = Promise.all(serving).then(() => new Promise<never>(() => undefined));
  served.catch(() => undefined);
  try {
    return await Promise.race([untilGoal(session, gateway, call, until), served]);
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
  const read = async () => linkMetrics(declaration.name, await gateway.status());
  return [serveMetrics(place, read, signal)];
}

async function refuseSecond(session: LinkSession, signal: AbortSignal): Promise<void> {
  if (!(await runs(session, signal))) return;
  throw new HotsiteError("locked", `the link ${session.declaration.name} is running already`, {
    hint: "`hotsite replication status` shows it",
  });
}

/** Goes on with the order that it has, or begins as declared. */
async function begin(
  { declaration, place }: LinkSession,
  gateway: Gateway,
  options: Call["options"],
  signal: AbortSignal,
): Promise<void> {
  const log = logPlaceOf(declaration, place);
  const before = (await keptLogPlace(place)) ?? log;
  const ends = await endsOf(declaration, place);
  if (gateway.order !== undefined) {
    requireSelection(gateway.order, ends.selection);
    const moved = before !== log;
    if (moved && options.drainLog === true) throw movedAway(declaration.name, before);
    await gateway.start(
      moved ? await movedOrder(declaration, gateway.order, ends, signal) : gateway.order,
      signal,
    );
    // After the order: what is killed in between begins another stream, which loses nothing either.
    await keepLogPlace(place, log);
    return;
  }
  const faults = await checkLink(declaration, ends, systemClock, signal);
  if (faults.length > 0) throw new PreflightError(`link("${declaration.name}") cannot begin`, faults);
  await keepLogPlace(place, log);
  await gateway.start(await firstOrder(declaration, ends, signal), signal);
}

function movedAway(name: string, before: string): HotsiteError {
  return new HotsiteError(
    "log-moved-away",
    `the log of ${name} is in another place than declared: ${before}`,
    {
      hint: "declare it as it was to drain it",
    },
  );
}

async function untilGoal(
  { declaration, place }: LinkSession,
  gateway: Gateway,
  { options, output }: Call,
  signal: AbortSignal,
): Promise<Outcome<ReplicateOutcome>> {
  using progress = new LinkProgress(output);
  const watching = watch(gateway, progress, signal);
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

/** Resolves with the last status once the link has stopped or the signal has ended; rejects when it has failed. */
async function watch(gateway: Gateway, progress: LinkProgress, signal: AbortSignal): Promise<LinkStatus> {
  for (;;) {
    const status = await gateway.status();
    if (status === undefined) throw new HotsiteError("no-link", "the link has lost its order");
    progress.show(status, systemClock.now());
    if (status.state === "failed") throw failure(status);
    if (status.state === "stopped" || signal.aborted) return status;
    await systemClock.sleep(lookMs, signal).catch(() => undefined);
  }
}

function failure({ stream, problem, remedy }: LinkStatus): HotsiteError {
  return new HotsiteError("link-failed", problem ?? `${stream} has failed`, {
    hint: remedy ?? "mend it and run the command again: it goes on where it stopped",
  });
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
