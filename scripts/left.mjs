// Everything that the local driver may have made on this machine: for finding out what a run leaves behind.
import Docker from "dockerode";
import { ensureEngine } from "./engine.mjs";

/** Names of all containers, networks and volumes of one owner: others may be at work on this machine as well. */
export async function everythingOf(owner) {
  const engine = await ensureEngine();
  const docker = new Docker(
    engine.startsWith("unix://") ? { socketPath: engine.slice("unix://".length) } : {},
  );
  const filters = { label: [`hotsite.owner=${owner}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Names: [name] }) => `container ${name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ].sort();
}
