import { all, script } from "../../core/command.ts";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import { CapacityError, HotsiteError, messageOf } from "../../core/errors.ts";
import { inTurn } from "../turns.ts";
import { matching } from "./choose.ts";
import { hostClaim, type HostClaim } from "./claim.ts";
import type { Host } from "./hosts.ts";
import { inWords, objections, parseClaim } from "./look.ts";
import { machineNow } from "./machines.ts";
import type { ByonTemplate } from "./options.ts";
import type { Pool } from "./pool.ts";
import { powerOn } from "./power.ts";
import { release } from "./release.ts";
import { authoriseText, claimText, markOf } from "./scripts.ts";
import { failureObjection, find, holderOf, survey, type Finding } from "./survey.ts";

const cleanUpMs = 60_000;

/** Hosts that a launch of this process is at work on. */
const busy = new Set<string>();

/** One call of `launch`. */
export interface Launch {
  readonly claim: NodeClaim;
  readonly template: ByonTemplate;
}

/** The machine of a claim: the host that has it, brought up, or the first free host that is fit for it. */
export async function launchMachine(pool: Pool, launch: Launch, signal: AbortSignal): Promise<Machine> {
  const { claim, template } = launch;
  const work = async (): Promise<Machine> => {
    const remembered = await hostRemembered(pool, claim, signal);
    if (remembered !== undefined) return resume(pool, remembered, claim, signal);
    const found = await surveyTogether(pool, signal);
    const held = found.find((finding) => holderOf(finding)?.id === claim.id);
    if (held !== undefined) return resume(pool, held.host, claim, signal);
    refuseTakenName(found, claim);
    const fit = matching(pool.hosts, template.labels ?? []);
    const machine = await firstOf(pool, fit, found, claim, signal);
    if (machine !== undefined) return machine;
    throw await noCapacity(pool, fit, launch);
  };
  return inTurn(`byon ${claim.id}`, work, signal);
}

/** The host that had the claim when it was last heard of, if it has it still: nobody else needs to be asked then. */
async function hostRemembered(pool: Pool, claim: NodeClaim, signal: AbortSignal): Promise<Host | undefined> {
  const memories = await Promise.all(pool.hosts.map(({ id }) => pool.memory.of(id)));
  const host = pool.hosts[memories.findIndex((memory) => memory.claim?.id === claim.id)];
  if (host === undefined) return undefined;
  return holderOf(await find(pool, host, signal))?.id === claim.id ? host : undefined;
}

/** Surveys that are under way. Claims that launch at the same time share one: twenty that each asked twenty hosts would ask four hundred times. */
const surveys = new WeakMap<Pool, Promise<readonly Finding[]>>();

async function surveyTogether(pool: Pool, signal: AbortSignal): Promise<readonly Finding[]> {
  // Whoever began it may have given up.
  const shared = await surveys.get(pool)?.catch(() => undefined);
  signal.throwIfAborted();
  if (shared !== undefined) return shared;
  const asking = survey(pool, pool.hosts, signal).finally(() => surveys.delete(pool));
  surveys.set(pool, asking);
  return asking;
}

/** A launch that was cut off after it had claimed its host goes on there. */
async function resume(pool: Pool, host: Host, claim: NodeClaim, signal: AbortSignal): Promise<Machine> {
  await powerOn(pool, host, signal);
  await take(pool, host, claim, signal);
  return machineNow(host, hostClaim(claim), "running");
}

function refuseTakenName(found: readonly Finding[], { owner, site, name }: NodeClaim): void {
  const taken = found.find((finding) => {
    const holder = holderOf(finding);
    return holder?.owner === owner && holder.site === site && holder.name === name;
  });
  if (taken === undefined) return;
  const message = `${site}/${name} of ${owner} exists already, on ${taken.host.id} for another claim`;
  throw new HotsiteError("name-taken", message, {
    hint: "destroy that machine first, or give the new one another name",
  });
}

/** Tries hosts until one is ours: those in quarantine last, and those that a person has put there never. */
async function firstOf(
  pool: Pool,
  fit: readonly Host[],
  found: readonly Finding[],
  claim: NodeClaim,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  const allowed = found.filter(
    ({ host, memory }) => fit.includes(host) && memory.quarantine?.byHand !== true,
  );
  const isSound = ({ memory }: Finding): boolean => memory.quarantine === undefined;
  for (const round of [allowed.filter(isSound), allowed.filter((finding) => !isSound(finding))]) {
    const waiting = new Set(round);
    for (;;) {
      const next = [...waiting].find(({ host }) => !busy.has(host.id)) ?? [...waiting][0];
      if (next === undefined) break;
      waiting.delete(next);
      const turn = `byon host ${next.host.id}`;
      const machine = await inTurn(turn, () => attempt(pool, next, claim, signal), signal);
      if (machine !== undefined) return machine;
    }
  }
  return undefined;
}

/** Undefined when another has the host, or when it is not fit: then it is in quarantine, with the reason. */
async function attempt(
  pool: Pool,
  surveyed: Finding,
  claim: NodeClaim,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  const { host } = surveyed;
  busy.add(host.id);
  try {
    // One that has just been waited for in vain is not waited for again.
    const finding = surveyed.failure?.code === "unreachable" ? surveyed : await usable(pool, host, signal);
    if (holderOf(finding) !== undefined) return undefined;
    const reasons =
      finding.seen === undefined
        ? [finding.failure === undefined ? { problem: "unknown" } : failureObjection(finding.failure)]
        : objections(finding.seen, { ...pool.demands, expose: claim.expose });
    const [reason] = reasons;
    if (reason !== undefined) {
      await quarantine(pool, host, inWords(reasons), reason.remedy);
      return undefined;
    }
    return await takeOrLeave(pool, host, claim, signal);
  } finally {
    busy.delete(host.id);
  }
}

/** As it is now, after a claim that was given up earlier is taken off it. */
async function usable(pool: Pool, host: Host, signal: AbortSignal): Promise<Finding> {
  const finding = await find(pool, host, signal);
  const claim = finding.seen?.claim;
  if (claim === undefined || !finding.memory.abandoned.includes(claim.id)) return finding;
  await release(pool, host, claim.id, signal);
  return find(pool, host, signal);
}

async function takeOrLeave(
  pool: Pool,
  host: Host,
  claim: NodeClaim,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  try {
    const holder = await take(pool, host, claim, signal);
    if (holder.id !== claim.id) return undefined;
    await pool.memory.change(host.id, { quarantine: undefined });
    return machineNow(host, holder, "running");
  } catch (error) {
    await giveBack(pool, host, claim, error);
    signal.throwIfAborted();
    await quarantine(pool, host, messageOf(error), error instanceof HotsiteError ? error.hint : undefined);
    return undefined;
  }
}

/** Claims the host and lets the application's key in, unless another is quicker; gives whose it is. Repeatable. */
async function take(pool: Pool, host: Host, claim: NodeClaim, signal: AbortSignal): Promise<HostClaim> {
  const wish = hostClaim(claim);
  const shell = await pool.shell(host, signal);
  const key = claim.authorizedKey.trim().split(/\s+/).slice(0, 2).join(" ");
  const { stdout } = await shell.run(
    all(
      script(claimText, JSON.stringify(wish)),
      script(authoriseText, host.user, key, claim.id, markOf(claim.id)),
    ),
    signal,
  );
  const holder = parseClaim(host.id, stdout);
  if (holder.id !== claim.id) return holder;
  await pool.memory.change(host.id, { claim: wish, poweredOff: false });
  return holder;
}

/** Under a deadline of its own: the caller's signal may be the very reason. */
async function giveBack(pool: Pool, host: Host, claim: NodeClaim, reason: unknown): Promise<void> {
  try {
    await release(pool, host, claim.id, AbortSignal.timeout(cleanUpMs));
  } catch (error) {
    const message = `${messageOf(reason)}; what it left could not be removed: ${messageOf(error)}`;
    throw new HotsiteError("orphan-left", message, {
      cause: reason,
      hint: `hotsite hosts release ${host.id}`,
      details: { orphans: [host.id] },
    });
  }
}

async function quarantine(pool: Pool, host: Host, reason: string, remedy?: string): Promise<void> {
  const facts = { reason, atMs: Date.now(), byHand: false, ...(remedy !== undefined && { remedy }) };
  await pool.memory.change(host.id, { quarantine: facts });
}

async function noCapacity(
  pool: Pool,
  fit: readonly Host[],
  { claim, template }: Launch,
): Promise<CapacityError> {
  const { labels = [] } = template;
  const reasons = await Promise.all(
    fit.map(async ({ id }) => {
      const { quarantine: why } = await pool.memory.of(id);
      return `    ${id}: ${why === undefined ? "in use" : why.reason}`;
    }),
  );
  const kind = labels.length === 0 ? "" : ` with the labels ${labels.join(", ")}`;
  const message = `no free host${kind} for ${claim.site}/${claim.name}, of ${pool.hosts.length}`;
  return new CapacityError([message, ...reasons].join("\n"), {
    retryable: false,
    hint: "add hosts to byon({ hosts }), or mend those that `hotsite hosts list` shows in quarantine",
  });
}
