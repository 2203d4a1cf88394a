import type Docker from "dockerode";
import type { Machine } from "../../core/driver.ts";
import { ask, askUnless, openEngine } from "./engine.ts";
import { machineOf } from "./machine.ts";
import { label } from "./names.ts";

/** A machine on this computer, with what it is made of. */
export interface LocalMachine extends Pick<Machine, "owner" | "site" | "name" | "state" | "address"> {
  readonly image: string;
  /** In MiB; undefined where nothing limits it. */
  readonly memoryMb?: number;
  /** Undefined where nothing limits them. */
  readonly cpus?: number;
}

/** The machines of an owner, or of every owner, on this computer. */
export async function inventory(
  owner: string | undefined,
  signal: AbortSignal,
): Promise<readonly LocalMachine[]> {
  const docker = await openEngine(signal);
  const filters = { label: [owner === undefined ? label.owner : `${label.owner}=${owner}`, label.claim] };
  const request = docker.listContainers({ all: true, filters, abortSignal: signal });
  const ids = (await ask("list the machines", request)).map(({ Id }) => Id);
  const found = await Promise.all(ids.map((id) => describe(docker, id, signal)));
  return found
    .filter((machine) => machine !== undefined)
    .sort((a, b) => keyOf(a).localeCompare(keyOf(b), "en", { numeric: true }));
}

/** Undefined when it was removed since it was listed. */
async function describe(docker: Docker, id: string, signal: AbortSignal): Promise<LocalMachine | undefined> {
  const request = docker.getContainer(id).inspect({ abortSignal: signal });
  const found = await askUnless([404], `inspect ${id}`, request);
  return found && localMachineOf(found);
}

/** What the engine says of a container, as the machine that it is. */
export function localMachineOf({
  Id,
  State,
  Config,
  HostConfig: { Memory = 0, NanoCpus = 0 },
}: Pick<Docker.ContainerInspectInfo, "Id" | "State" | "Config" | "HostConfig">): LocalMachine {
  const { owner, site, name, state, address } = machineOf(Id, Config.Labels, State.Running);
  return {
    ...{ owner, site, name, state, address, image: Config.Image },
    ...(Memory === 0 ? {} : { memoryMb: Memory / 2 ** 20 }),
    ...(NanoCpus === 0 ? {} : { cpus: NanoCpus / 1e9 }),
  };
}

function keyOf({ owner, site, name }: LocalMachine): string {
  return `${owner}/${site}/${name}`;
}
