import { randomInt } from "node:crypto";
import type Docker from "dockerode";
import { systemClock } from "../../core/clock.ts";
import { CapacityError, RetryableError } from "../../core/errors.ts";
import { machineIndices } from "./address.ts";
import { pack } from "./archive.ts";
import { ask, askUnless, statusOf } from "./engine.ts";
import { newHostKey } from "./host-key.ts";
import { containerOf, portsOf, type MachinePlan } from "./machine.ts";
import { label } from "./names.ts";
import { freePorts, parsePorts } from "./ports.ts";
import { initPath, initScript } from "./scripts.ts";
import { inTurn } from "../turns.ts";

const attempts = 5;

/** What is known before addresses and ports are chosen. */
export type MachineWish = Omit<MachinePlan, "index" | "ports" | "hostKey">;

/** Makes and starts the container of a machine; undefined when its name is taken. A failure may leave it behind. */
export async function createMachine(
  docker: Docker,
  wish: MachineWish,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const made = await inTurn("allocate", () => allocate(docker, wish, signal), signal);
    if (made === undefined) return undefined;
    const { container, plan } = made;
    const reason =
      (await rivalOf(docker, container.id, plan, signal)) ?? (await start(container, plan, signal));
    if (reason === undefined) return container.id;
    if (attempt === attempts) throw reason;
    await ask(`remove ${container.id}`, container.remove({ force: true, v: true }));
    await systemClock.sleep(randomInt(100, 500), signal);
  }
}

/** Chooses an address and ports, and makes the container that holds them from now on. */
async function allocate(
  docker: Docker,
  wish: MachineWish,
  signal: AbortSignal,
): Promise<{ container: Docker.Container; plan: MachinePlan } | undefined> {
  const taken = await holdings(docker, signal);
  const plan = {
    ...wish,
    index: freeIndex(taken, wish),
    ports: await freePorts(portsOf(wish.claim), new Set(taken.flatMap(({ ports }) => ports))),
    hostKey: newHostKey(),
  };
  signal.throwIfAborted();
  const what = `make ${wish.claim.site}/${wish.claim.name}`;
  const container = await askUnless([409], what, docker.createContainer(containerOf(plan)));
  return container && { container, plan };
}

/** What each machine on this engine holds, whoever owns it and whether or not it runs. */
async function holdings(docker: Docker, signal: AbortSignal) {
  const filters = { label: [label.claim] };
  const request = docker.listContainers({ all: true, filters, abortSignal: signal });
  return (await ask("list the machines", request)).map(({ Id, Labels }) => ({
    id: Id,
    number: Number(Labels[label.number]),
    index: Number(Labels[label.index]),
    ports: [...parsePorts(Labels[label.ports] ?? "").values()],
  }));
}

function freeIndex(taken: Awaited<ReturnType<typeof holdings>>, { site, claim }: MachineWish): number {
  const used = new Set(taken.filter(({ number }) => number === site.number).map(({ index }) => index));
  for (let index = machineIndices.first; index <= machineIndices.last; index++)
    if (!used.has(index)) return index;
  throw new CapacityError(`site ${claim.site} has no free address: ${used.size} machines`, {
    hint: "put some of the machines into another site",
  });
}

/**
 * Another process may have chosen the same address or port in the same instant. Whoever sees a rival gives way: of two, at least the
 * one that came later sees the other.
 */
async function rivalOf(
  docker: Docker,
  id: string,
  plan: MachinePlan,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const ports = new Set(plan.ports.values());
  const rival = (await holdings(docker, signal)).find(
    (other) =>
      other.id !== id &&
      ((other.number === plan.site.number && other.index === plan.index) ||
        other.ports.some((port) => ports.has(port))),
  );
  return (
    rival &&
    new RetryableError("address-taken", `${rival.id} has the address or a port of ${plan.claim.name}`)
  );
}

/** The reason when the engine could not start it: a foreign process may have taken a port. */
async function start(
  container: Docker.Container,
  plan: MachinePlan,
  signal: AbortSignal,
): Promise<Error | undefined> {
  const { claim, hostKey } = plan;
  const files = await pack([
    { path: initPath.slice(1), content: initScript, mode: 0o755 },
    { path: "root/.ssh/authorized_keys", content: `${claim.authorizedKey.trim()}\n`, mode: 0o600 },
    { path: "etc/ssh/ssh_host_ed25519_key", content: hostKey.privateKey, mode: 0o600 },
    { path: "etc/ssh/ssh_host_ed25519_key.pub", content: hostKey.publicKey },
  ]);
  signal.throwIfAborted();
  await ask(`equip ${claim.site}/${claim.name}`, container.putArchive(files, { path: "/" }));
  signal.throwIfAborted();
  try {
    await ask(`start ${claim.site}/${claim.name}`, container.start());
    return undefined;
  } catch (error) {
    const status = statusOf(error);
    if (error instanceof Error && (status === 403 || status === 500)) return error;
    throw error;
  }
}
