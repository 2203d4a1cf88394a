import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import type { Step, Workflow } from "../core/workflow.ts";
import { takeAuthority, restoreAuthority } from "./authority.ts";
import type { Verdict } from "./detect.ts";
import { changeFacts, linkOrder, needFacts, undecided } from "../lifecycle/facts.ts";
import { assess, STREAM, type Assessment } from "./failover-guards.ts";
import { promote, switchTraffic, WEB_START_MS } from "./switchover-gap.ts";
import { verifyAsClient } from "./switchover-after.ts";
import { CLIENTS_WRITE, isWarm } from "./traffic.ts";
import { establish } from "./watch.ts";
import type { ProtectionWorld } from "./world.ts";

export const failoverInput = z.strictObject({
  from: z.string(),
  to: z.string(),
  epoch: z.int(),
  /** Null: the standby follows nobody, and a person wants it all the same. */
  link: linkOrder.nullable(),
  /** What detection said; null when a person decided. */
  verdict: z
    .strictObject({
      kind: z.string(),
      actionable: z.boolean(),
      atMs: z.number(),
      suspectMs: z.number(),
      evidence: z.array(z.string()),
    })
    .nullable(),
  /** Nobody confirmed it: detection decided alone. */
  automatic: z.boolean(),
  /** Guards that a person overrides by name, see `failover-guards.ts`. */
  skip: z.array(z.string()),
  /** How long the standby may take to apply what it has received. */
  drainMs: z.number(),
});
export type FailoverInput = z.infer<typeof failoverInput>;

/** An unplanned change of primary. Nothing is promoted before the old primary is fenced, and what it had alone is counted later. */
export const failoverWorkflow: Workflow<ProtectionWorld, FailoverInput> = {
  name: "failover",
  input: failoverInput,
  steps: (input) => failoverSteps(input).tree,
};

/** The steps by name, for those who read their outputs, and in order. */
export function failoverSteps(input: FailoverInput) {
  const assessed = assess(input);
  const suspended = suspend(input);
  const fenced = fence(input, assessed);
  const drained = drain(input);
  const promoted = promote(input);
  const recorded = record(input, assessed, drained);
  const started = startWebTier(input);
  const moved = switchTraffic(input);
  const verified = verifyAsClient();
  const tree = {
    sequence: [assessed, suspended, fenced, drained, promoted, recorded, started, moved, verified],
  };
  return { assessed, fenced, drained, promoted, moved, verified, tree };
}

/** Applying what is left takes a fraction of a second unless the standby lagged; it is worth waiting for. */
const DRAIN_MS = 120_000;

/** The input of a failover to the standby. */
export async function planFailover(
  world: ProtectionWorld,
  options: {
    readonly verdict?: Verdict;
    readonly automatic?: boolean;
    readonly skip?: readonly string[];
  } = {},
): Promise<FailoverInput> {
  const { activeSite: from, standbySite: to, epoch, link } = await needFacts(world);
  const verdict =
    options.verdict === undefined ? null : { ...options.verdict, evidence: [...options.verdict.evidence] };
  return {
    from,
    to,
    epoch,
    link,
    verdict,
    automatic: options.automatic ?? false,
    skip: [...(options.skip ?? [])],
    drainMs: DRAIN_MS,
  };
}

/** The input of a failover that a person asks for: the primary is looked at first, unless the person says that it need not be. */
export async function detectAndPlan(
  world: ProtectionWorld,
  { skip = [] }: { readonly skip?: readonly string[] },
  signal: AbortSignal,
): Promise<FailoverInput> {
  const { activeSite: primary, standbySite: standby } = await needFacts(world);
  const verdict = skip.includes("verdict")
    ? undefined
    : await establish(world, { primary, standby }, {}, signal);
  return planFailover(world, { verdict, skip });
}

const moment = z.strictObject({ atMs: z.number() });
type Moment = z.infer<typeof moment>;

/** A primary that still lives turns read-only by itself as soon as it asks the witness. */
function suspend({ from, epoch }: FailoverInput): Step<ProtectionWorld, Moment> {
  return {
    name: "nobody may write",
    output: moment,
    async run(world, signal) {
      await takeAuthority(world.witness, { epoch, writer: from }, signal);
      return { atMs: world.clock.now() };
    },
    undo: (world, _output, signal) => restoreAuthority(world.witness, { epoch, writer: from }, signal),
  };
}

const fencing = z.strictObject({ atMs: z.number(), confirmed: z.boolean() });

/** The old primary runs no instruction any more: its cloud says so. Without that, only a person may go on. */
function fence(
  { from, skip }: FailoverInput,
  assessed: Step<ProtectionWorld, Assessment>,
): Step<ProtectionWorld, z.infer<typeof fencing>> {
  return {
    name: `${from}: fence`,
    output: fencing,
    async run(world, signal) {
      try {
        await world.power(from).off(AbortSignal.any([signal, AbortSignal.timeout(FENCE_MS)]));
        return { atMs: world.clock.now(), confirmed: true };
      } catch (cause) {
        signal.throwIfAborted();
        if (skip.includes("fence")) return { atMs: world.clock.now(), confirmed: false };
        throw new HotsiteError(
          "fence-unconfirmed",
          `the cloud of ${from} does not confirm that its machines are off`,
          {
            cause,
            hint: `make sure by other means that ${from} is off, then: hotsite failover --force fence`,
          },
        );
      }
    },
    async undo(world, _output, signal) {
      // What was off before we came is not ours to switch on.
      if (world.output(assessed).power !== "off") await world.power(from).on(signal);
    },
  };
}

/** Clouds confirm a forced stop within a minute or not at all. */
const FENCE_MS = 90_000;

const drained = z.strictObject({ atMs: z.number(), position: z.string(), undecided: undecided.default([]) });

/** Everything that reached this side is applied; what did not is lost for now, and counted when the old site is back. */
function drain(input: FailoverInput): Step<ProtectionWorld, z.infer<typeof drained>> {
  const { to, link: order } = input;
  return {
    name: `${to}: apply everything received`,
    output: drained,
    async run(world, signal) {
      const found = await appliedAt(world, input, signal);
      return { atMs: world.clock.now(), ...found };
    },
    async undo(world, _output, signal) {
      if (order !== null) await world.link(to).start(order, signal);
    },
  };
}

type Applied = Pick<z.infer<typeof drained>, "position" | "undecided">;

async function appliedAt(
  world: ProtectionWorld,
  input: FailoverInput,
  signal: AbortSignal,
): Promise<Applied> {
  const { to, link: order, drainMs, skip } = input;
  if (order === null) return inDatabase(world, to, signal);
  const link = world.link(to);
  try {
    const position = await link.drain(drainMs, signal);
    const { prepared = [] } = (await link.status(signal)) ?? {};
    return { position, undecided: [...prepared] };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HotsiteError) || !skip.includes(STREAM)) throw error;
    return inDatabase(world, to, signal);
  }
}

/** Of a stream that is broken, or that nobody follows: what of the old primary the standby's own database has. */
async function inDatabase(world: ProtectionWorld, site: string, signal: AbortSignal): Promise<Applied> {
  const kept = await world.database(site).checkpoint(signal);
  return { position: kept?.position ?? "", undecided: [] };
}

/** From here on `status` shows the new primary, without protection until the old site is a standby again. */
function record(
  input: FailoverInput,
  assessed: Step<ProtectionWorld, Assessment>,
  applied: ReturnType<typeof drain>,
): Step<ProtectionWorld, Moment> {
  const { from, to, epoch, automatic } = input;
  return {
    name: "record the new primary",
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world) {
      const atMs = world.clock.now();
      const { position, undecided: left } = world.output(applied);
      await changeFacts(world, {
        activeSite: to,
        standbySite: from,
        epoch: epoch + 1,
        link: null,
        copied: false,
        failover: {
          ...{ atMs, from, to, epoch: epoch + 1, applied: position, automatic, undecided: left },
          lossWithinSeconds: world.output(assessed).lossWithinSeconds,
        },
        ...(automatic ? { lastAutomaticMs: atMs } : {}),
      });
      return { atMs };
    },
  };
}

function startWebTier({ to }: FailoverInput): Step<ProtectionWorld, Moment> {
  return {
    name: `${to}: start web tier`,
    output: moment,
    pointOfNoReturn: CLIENTS_WRITE,
    async run(world, signal) {
      if (isWarm(world, to)) {
        await world.web(to).start(signal);
        await world.web(to).ready(WEB_START_MS, signal);
      }
      return { atMs: world.clock.now() };
    },
  };
}
