import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type Docker from "dockerode";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { createMachine } from "./create.ts";
import { askUnless } from "./engine.ts";
import { isAlive } from "./lock.ts";
import { label, machineName } from "./names.ts";
import { powerOn, reachable } from "./power-on.ts";
import { ensureSite, sweepSites } from "./site.ts";
import type { LocalTemplate } from "./template.ts";
import { inTurn } from "../turns.ts";

/** No launch takes so long between making its container and starting it. */
const abandonedMs = 60_000;
const cleanUpMs = 60_000;

/** One call of `launch`. */
export interface Launch {
  readonly claim: NodeClaim;
  readonly template: LocalTemplate;
  /** The machine's image. */
  readonly image: string;
  readonly routerImage: string;
}

/** The machine of a claim: the one that exists, brought up, or a new one. */
export async function launchMachine(docker: Docker, launch: Launch, signal: AbortSignal): Promise<Machine> {
  const work = async (): Promise<Machine> => {
    for (;;) {
      const known = await existing(docker, launch.claim, signal);
      if (known !== undefined) return powerOn(docker, known, launch.routerImage, signal);
      const made = await launchNew(docker, launch, signal);
      if (made !== undefined) return made;
    }
  };
  return inTurn(`claim ${launch.claim.id}`, work, signal);
}

/** Launches that are at work, by owner: what they share must not be swept from under them. */
const underWay = new Map<string, number>();

/** Undefined when another process has made the machine meanwhile. */
async function launchNew(docker: Docker, launch: Launch, signal: AbortSignal): Promise<Machine | undefined> {
  const { claim, routerImage } = launch;
  const attempt = `${hostname()}/${process.pid}/${randomUUID()}`;
  count(claim.owner, 1);
  try {
    const site = await ensureSite(docker, claim.owner, claim.site, routerImage, signal);
    const id = await createMachine(docker, { ...launch, site, attempt }, signal);
    const machine = id === undefined ? undefined : await reachable(docker, id, signal);
    count(claim.owner, -1);
    return machine;
  } catch (error) {
    count(claim.owner, -1);
    await leaveNothing(docker, claim, attempt, error);
    throw error;
  }
}

function count(owner: string, change: number): void {
  const launches = (underWay.get(owner) ?? 0) + change;
  if (launches === 0) underWay.delete(owner);
  else underWay.set(owner, launches);
}

/** Takes back what an attempt has made, under a deadline of its own: the caller's signal may be the very reason. */
async function leaveNothing(
  docker: Docker,
  claim: NodeClaim,
  attempt: string,
  reason: unknown,
): Promise<void> {
  const name = machineName(claim);
  try {
    const container = docker.getContainer(name);
    const found = await askUnless([404], `inspect ${name}`, container.inspect());
    if (found?.Config.Labels[label.launch] === attempt) await remove(docker, found.Id);
    if (!underWay.has(claim.owner)) await sweepSites(docker, claim.owner, AbortSignal.timeout(cleanUpMs));
  } catch (error) {
    throw new HotsiteError(
      "orphan-left",
      `${messageOf(reason)}; what it left could not be removed: ${messageOf(error)}`,
      {
        cause: reason,
        hint: `docker rm --force --volumes ${name}`,
        details: { orphans: [name] },
      },
    );
  }
}

/** The id of the claim's container. One that its launcher left half made is removed. */
async function existing(docker: Docker, claim: NodeClaim, signal: AbortSignal): Promise<string | undefined> {
  const name = machineName(claim);
  const look = async (): Promise<{ id?: string } | undefined> => {
    const inspected = docker.getContainer(name).inspect({ abortSignal: signal });
    const found = await askUnless([404], `inspect ${name}`, inspected);
    if (found === undefined) return {};
    refuseOther(found, claim);
    if (!["created", "dead", "removing"].includes(found.State.Status)) return { id: found.Id };
    if (found.State.Status !== "created" || isAbandoned(found)) await remove(docker, found.Id);
    return undefined;
  };
  const wait = { timeoutMs: 2 * abandonedMs, intervalMs: 100, what: `another launch of ${name}` };
  return (await waitFor(look, wait, signal)).id;
}

function refuseOther({ Config }: Docker.ContainerInspectInfo, claim: NodeClaim): void {
  if (Config.Labels[label.claim] === claim.id) return;
  throw new HotsiteError(
    "name-taken",
    `${claim.site}/${claim.name} of ${claim.owner} exists already, for another claim`,
    {
      hint: "destroy that machine first, or give the new one another name",
    },
  );
}

/** Whoever calls this has the claim's turn in this process, so a launch of this process that is not over was cut off. */
function isAbandoned({ Config, Created }: Docker.ContainerInspectInfo): boolean {
  const [host, pid] = (Config.Labels[label.launch] ?? "").split("/");
  if (host === hostname() && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true;
  return Date.now() - Date.parse(Created) > abandonedMs;
}

async function remove(docker: Docker, id: string): Promise<void> {
  await askUnless([404, 409], `remove ${id}`, docker.getContainer(id).remove({ force: true, v: true }));
}
