import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import type { Authority } from "../core/protection.ts";
import type { Workflow } from "../core/workflow.ts";
import { freshFacts, openFailover, readFacts, type Facts } from "../lifecycle/facts.ts";
import { readLoss } from "./loss.ts";
import { awaitCopy, bringBack, lookAround, reseed, settle } from "./reprotect-steps.ts";
import type { ProtectionWorld } from "./world.ts";

export const reprotectInput = z.strictObject({
  active: z.string(),
  standby: z.string(),
  /** What the witness holds before. */
  held: z.strictObject({ epoch: z.int(), writer: z.string().nullable() }),
  /** Under which the standby follows: a new one when the present one had a stream already. */
  epoch: z.int(),
  /** The failover to settle: what the old primary had alone is read before its data is replaced. */
  failover: openFailover.nullable(),
  copyMs: z.number(),
  /** Guards that a person overrides: `evidence`, see `loss.ts`. */
  skip: z.array(z.string()).default([]),
});
export type ReprotectInput = z.infer<typeof reprotectInput>;

/**
 * Makes the other site a standby: powered on, read-only, what it had alone kept as evidence, its data replaced by a fresh copy.
 * The same steps protect an application for the first time.
 */
export const reprotectWorkflow: Workflow<ProtectionWorld, ReprotectInput> = {
  name: "reprotect",
  input: reprotectInput,
  steps: (input) => reprotectSteps(input).tree,
};

/** The steps by name, for those who read their outputs, and in order. */
export function reprotectSteps(input: ReprotectInput) {
  const seen = lookAround(input);
  const back = bringBack(input, seen);
  const lost = readLoss(input);
  const seeded = reseed(input);
  const copied = awaitCopy(input);
  const settled = settle(input, seeded);
  return { lost, copied, tree: { sequence: [seen, back, lost, seeded, copied, settled] } };
}

/** A first copy of some hundred gigabytes over a WAN. */
const COPY_MS = 12 * 3_600_000;

/** The input for the present facts; without any, for protecting the config's primary for the first time. */
export async function planReprotect(
  world: ProtectionWorld,
  signal: AbortSignal,
  skip: readonly string[] = [],
): Promise<ReprotectInput> {
  const held = await world.witness.authority(signal);
  const kept = (await readFacts(world)) ?? firstFacts(world);
  const older = isOlder(kept, held);
  const { activeSite, standbySite, link, failover } = older ? await factsOf(world, kept, held, signal) : kept;
  const isFirst = !older && held.writer === activeSite && held.epoch > 0 && link === null;
  const epoch = isFirst ? held.epoch : held.epoch + 1;
  return {
    ...{ active: activeSite, standby: standbySite, held, epoch, failover, copyMs: COPY_MS },
    skip: [...skip],
  };
}

/**
 * What is known here may be older than the world: roles were changed with another state folder, or with this one before it was restored.
 * One epoch more with the same writer is a link of our own that was about to begin.
 */
function isOlder({ activeSite, epoch }: Facts, { writer, epoch: now }: Authority): boolean {
  return writer !== null && now > epoch && (writer !== activeSite || now > epoch + 1);
}

/** The facts by the witness and the primary itself. How the roles came about nobody knows, so what only the other site has is kept as after a failover. */
async function factsOf(
  world: ProtectionWorld,
  kept: Facts,
  { writer, epoch }: Authority,
  signal: AbortSignal,
): Promise<Facts> {
  const to = writer ?? kept.activeSite;
  const from = to === kept.activeSite ? kept.standbySite : kept.activeSite;
  const applied = (await world.database(to).checkpoint(signal))?.position ?? "";
  const failover = {
    ...{ atMs: world.clock.now(), from, to, epoch, applied },
    ...{ automatic: false, undecided: [], lossWithinSeconds: null },
  };
  return { ...kept, activeSite: to, standbySite: from, epoch, link: null, copied: false, failover };
}

function firstFacts({ application }: ProtectionWorld): Facts {
  const primary = application.sites.find(({ role }) => role === "primary");
  const standby = application.sites.find(({ role }) => role === "standby");
  if (primary === undefined || standby === undefined) {
    throw new HotsiteError("no-standby", `${application.name} has no standby site`, {
      hint: "add a site with the role standby",
    });
  }
  return freshFacts(primary.name, standby.name);
}
