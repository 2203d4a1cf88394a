import { randomUUID } from "node:crypto";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { inTurn } from "../turns.ts";
import type { Api } from "./api.ts";
import { releaseAddresses } from "./address.ts";
import { destroyMachine } from "./destroy.ts";
import { resolveImage } from "./image.ts";
import { findInstances, idOf, isDead } from "./machine.ts";
import { bringUp } from "./power.ts";
import { runInstance } from "./run.ts";
import { sweep } from "./sweep.ts";
import { tag, tagsOf, withTag } from "./tags.ts";
import type { Ec2Template } from "./template.ts";
import { whileUnderWay } from "./under-way.ts";

/** A machine ends within a minute or two. */
const cleanUpMs = 300_000;
/** A machine whose launch got no answer shows up within this time, or was never made. */
const lostAnswerMs = 10_000;

/** The machine of a claim: the one that exists, brought up, or a new one. */
export async function launchMachine(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<Machine> {
  const work = async (): Promise<Machine> => {
    const { known, spent } = await existing(api, claim, signal);
    if (known !== undefined) return bringUp(api, known, { claim, template }, signal);
    return launchNew(api, claim, template, spent, signal);
  };
  return inTurn(`${api.key} claim ${claim.id}`, work, signal);
}

async function launchNew(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  spent: number,
  signal: AbortSignal,
): Promise<Machine> {
  const attempt = randomUUID();
  try {
    return await whileUnderWay(`${api.key} ${claim.owner}`, async () => {
      const image = await resolveImage(api, claim, template, signal);
      const id = await runInstance(api, { claim, template, image, attempt, spent }, signal);
      return bringUp(api, id, { claim, template }, signal);
    });
  } catch (error) {
    await leaveNothing(api, claim, attempt, error);
    throw error;
  }
}

/** The id of the claim's instance, and how many it had before. */
async function existing(
  api: Api,
  claim: NodeClaim,
  signal: AbortSignal,
): Promise<{ readonly known?: string; readonly spent: number }> {
  const filters = [
    withTag(tag.owner, claim.owner),
    withTag(tag.site, claim.site),
    withTag(tag.name, claim.name),
  ];
  const all = await findInstances(api, filters, signal);
  const live = all.filter((instance) => !isDead(instance));
  const known = live.find((instance) => tagsOf(instance)[tag.claim] === claim.id);
  if (known === undefined && live.length > 0) {
    throw new HotsiteError(
      "name-taken",
      `${claim.site}/${claim.name} of ${claim.owner} exists already, for another claim`,
      { hint: "destroy that machine first, or give the new one another name" },
    );
  }
  const spent = all.filter((instance) => tagsOf(instance)[tag.claim] === claim.id).length;
  return known === undefined ? { spent } : { known: idOf(known), spent };
}

/** Takes back what an attempt has made, under a deadline of its own: the caller's signal may be the very reason. */
async function leaveNothing(api: Api, claim: NodeClaim, attempt: string, reason: unknown): Promise<void> {
  const signal = AbortSignal.timeout(cleanUpMs);
  try {
    for (const id of await madeBy(api, attempt, reason, signal)) await destroyMachine(api, id, signal);
    if ((await existing(api, claim, signal)).known === undefined)
      await releaseAddresses(api, claim.id, signal);
    await sweep(api, claim.owner, signal);
  } catch (error) {
    throw new HotsiteError(
      "orphan-left",
      `${messageOf(reason)}; what it left could not be removed: ${messageOf(error)}`,
      { cause: reason, hint: "hotsite orphans --reap", details: { claim: claim.id } },
    );
  }
}

/** The instances that an attempt has made. Where an answer was lost, there may be one that is not listed yet. */
async function madeBy(
  api: Api,
  attempt: string,
  reason: unknown,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const look = async (): Promise<string[] | undefined> => {
    const found = await findInstances(api, [withTag(tag.launch, attempt)], signal);
    const live = found.filter((instance) => !isDead(instance)).map(idOf);
    return live.length === 0 ? undefined : live;
  };
  const lost = reason instanceof HotsiteError && ["unreachable", "cloud-busy"].includes(reason.code);
  if (!lost) return (await look()) ?? [];
  const wait = { timeoutMs: lostAnswerMs, intervalMs: api.pollMs, what: "a machine that nobody told of" };
  return waitFor(look, wait, signal).catch((error: unknown) => {
    if (error instanceof HotsiteError && error.code === "timeout") return [];
    throw error;
  });
}
