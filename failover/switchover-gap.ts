import { z } from "zod";
import { answerWithin } from "../core/answer-within.ts";
import { HotsiteError } from "../core/errors.ts";
import { formatPosition, includesPosition, ofOrigin, parsePosition } from "../core/position.ts";
import { waitFor } from "../core/wait.ts";
import type { Step } from "../core/workflow.ts";
import { restoreAuthority, takeAuthority } from "./authority.ts";
import type { evaluate, prepareWeb } from "./switchover-before.ts";
import type { SwitchoverInput } from "./switchover.ts";
import { refuseUndecided, UNDECIDED } from "./undecided.ts";
import { CLIENTS_WRITE, sendTraffic } from "./traffic.ts";
import type { ProtectionWorld } from "./world.ts";

const moment = z.strictObject({ atMs: z.number() });
const place = z.strictObject({ atMs: z.number(), position: z.string() });
type Before = ReturnType<typeof evaluate>;
type Moment = z.infer<typeof moment>;
type Place = z.infer<typeof place>;

/** New requests wait, those in progress end: from here to the release is the write gap. */
export function holdTraffic(input: SwitchoverInput, before: Before): Step<ProtectionWorld, Moment> {
  const { from, holdMs, drainMs } = input;
  return {
    name: "hold requests",
    output: moment,
    async run(world, signal) {
      const pool = world.output(before).pool;
      const names = pool
        .filter(({ site, state }) => site === from && state !== "off")
        .map(({ name }) => name);
      const atMs = world.clock.now();
      await world.balancer.hold(holdMs, signal);
      const ended = {
        who: "the balancer",
        problem: "requests in progress do not end",
        ms: drainMs + MOMENT_MS,
      };
      await promptly(ended, (soon) => world.balancer.drain(names, drainMs, soon), world, signal);
      return { atMs };
    },
    async undo(world, _output, signal) {
      await world.balancer.apply(world.output(before).pool, signal);
      await world.balancer.release(signal);
    },
  };
}

/** Nobody may write: first by the witness, so that the role agent agrees, then at the database itself. Gives what the primary wrote last. */
export function freeze({ from, epoch }: SwitchoverInput, before: Before): Step<ProtectionWorld, Place> {
  return {
    name: `${from}: freeze database`,
    output: place,
    async run(world, signal) {
      await takeAuthority(world.witness, { epoch, writer: from }, signal);
      const database = { who: `the database of ${from}`, problem: `${from} cannot be frozen`, ms: FREEZE_MS };
      const end = parsePosition(
        await promptly(database, (soon) => world.database(from).freeze(soon), world, signal),
      );
      return {
        atMs: world.clock.now(),
        position: formatPosition(ofOrigin(end, world.output(before).origin)),
      };
    },
    async undo(world, _output, signal) {
      await restoreAuthority(world.witness, { epoch, writer: from }, signal);
      await world.database(from).promote(epoch, signal);
    },
  };
}

/** The standby applies up to the last transaction of the frozen primary; when it takes too long, all is taken back. */
export function reachEnd(
  { from, to, reachMs, skip }: SwitchoverInput,
  frozen: Step<ProtectionWorld, Place>,
): Step<ProtectionWorld, Moment> {
  return {
    name: `${to}: apply the last transactions`,
    output: moment,
    readOnly: true,
    async run(world, signal) {
      const { position } = world.output(frozen);
      const gateway = {
        who: `the gateway of ${to}`,
        problem: `${to} does not get there`,
        ms: reachMs + MOMENT_MS,
      };
      const database = {
        who: `the database of ${from}`,
        problem: `${from} is not known to be done`,
        ms: MOMENT_MS,
      };
      await Promise.all([
        promptly(gateway, (soon) => world.link(to).reach(position, reachMs, soon), world, signal),
        skip.includes(UNDECIDED) ||
          promptly(database, (soon) => refuseUndecided(world, from, soon), world, signal),
      ]);
      return { atMs: world.clock.now() };
    },
  };
}

/** Zero loss is asserted by positions, read from the target database itself, not hoped for. */
export function catchUp(
  { to, link: order }: SwitchoverInput,
  frozen: Step<ProtectionWorld, Place>,
): Step<ProtectionWorld, Place> {
  return {
    name: `${to}: prove that nothing is missing`,
    output: place,
    async run(world, signal) {
      const standby = { who: to, problem: `${to} does not prove it`, ms: MOMENT_MS };
      const proof = (soon: AbortSignal) =>
        Promise.all([
          world.database(to).checkpoint(soon),
          world.database(to).state(soon),
          world.link(to).stop(soon),
        ]);
      const [checkpoint, state] = await promptly(standby, proof, world, signal);
      const end = parsePosition(world.output(frozen).position);
      const applied = checkpoint?.stream === order.stream ? checkpoint.position : "";
      const held = [applied, state.position].every((position) =>
        includesPosition(parsePosition(position), end),
      );
      if (!held || state.writable) {
        throw new HotsiteError(
          "not-caught-up",
          `${to} has ${applied === "" ? "nothing of this stream" : applied}, the frozen primary ended at ${world.output(frozen).position}`,
          {
            hint: "nothing was changed for good; see hotsite replication status",
          },
        );
      }
      return { atMs: world.clock.now(), position: applied };
    },
    async undo(world, _output, signal) {
      await world.link(to).start(order, signal);
    },
  };
}

/** The new primary, by the witness and at the database. */
export function promote({
  to,
  epoch,
}: {
  readonly to: string;
  readonly epoch: number;
}): Step<ProtectionWorld, Place> {
  return {
    name: `${to}: promote`,
    output: place,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world, signal) {
      await world.witness.grant({ epoch: epoch + 1, writer: to }, { epoch, writer: null }, signal);
      const position = await world.database(to).promote(epoch + 1, signal);
      return { atMs: world.clock.now(), position };
    },
  };
}

/** For a web tier that needs a writable database to start. */
export function startWeb(
  { to }: SwitchoverInput,
  warm: ReturnType<typeof prepareWeb>,
): Step<ProtectionWorld, Moment> {
  return {
    name: `${to}: start web tier`,
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world, signal) {
      if (!world.output(warm).ready) {
        await world.web(to).start(signal);
        await world.web(to).ready(WEB_START_MS, signal);
      }
      return { atMs: world.clock.now() };
    },
  };
}

/** Waiting requests go on, at the new site. */
export function switchTraffic({
  from,
  to,
}: {
  readonly from: string;
  readonly to: string;
}): Step<ProtectionWorld, Moment> {
  return {
    name: `traffic to ${to}`,
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    run: async (world, signal) => ({ atMs: await sendTraffic(world, to, from, signal) }),
  };
}

/**
 * Clients are waiting: what does not work within its time is taken back. A connection that is lost beside those that the freeze has ended is
 * no reason to: it is asked again.
 */
async function promptly<T>(
  { who, problem, ms }: { readonly who: string; readonly problem: string; readonly ms: number },
  work: (soon: AbortSignal) => Promise<T>,
  { clock }: ProtectionWorld,
  signal: AbortSignal,
): Promise<T> {
  const asking = { timeoutMs: ms, intervalMs: 100, clock, what: who };
  const ask = async (soon: AbortSignal): Promise<{ readonly answer: T }> => {
    const answer = await work(soon).catch((cause: unknown) => {
      throw isOver(cause) ? tooSlow(problem, cause) : cause;
    });
    return { answer };
  };
  try {
    return (await answerWithin({ who, ms }, (soon) => waitFor(ask, asking, soon), signal)).answer;
  } catch (cause) {
    throw cause instanceof HotsiteError && cause.retryable ? tooSlow(problem, cause) : cause;
  }
}

/** It has waited as long as it was to. */
function isOver(cause: unknown): cause is HotsiteError {
  return cause instanceof HotsiteError && cause.code === "timeout";
}

function tooSlow(problem: string, cause: HotsiteError): HotsiteError {
  return new HotsiteError("too-slow", `${problem}: ${cause.message}`, {
    cause,
    hint: "try again when there is less to do",
  });
}

/** What takes a fraction of a second on machines that have something to do besides. */
const MOMENT_MS = 10_000;
/** A statement that is running may keep a freeze waiting for 10 s. */
const FREEZE_MS = 15_000;

/** How long a web tier may take to start while clients wait or fail. */
export const WEB_START_MS = 120_000;
