import type Docker from "dockerode";
import { openEngine } from "../../drivers/local/engine.ts";
import { label } from "../../drivers/local/names.ts";

/** Names of all containers, networks and volumes of an application, whichever state folder made them. */
export async function everythingOf(application: string): Promise<readonly string[]> {
  const { containers, networks, volumes } = await find(application);
  return [
    ...containers.map(({ Names: [name] }) => `container ${name ?? ""}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.map(({ Name }) => `volume ${Name}`),
  ];
}

/** Removes all of it, whatever state it is in. */
export async function removeEverythingOf(application: string): Promise<void> {
  const { docker, containers, networks, volumes } = await find(application);
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove({ force: true })));
}

async function find(application: string) {
  const docker: Docker = await openEngine(AbortSignal.timeout(30_000));
  const filters = { label: [label.owner] };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  const isOurs = ({ Labels }: { Labels?: Readonly<Record<string, string>> }): boolean =>
    Labels?.[label.owner]?.startsWith(`${application}-`) === true;
  return {
    docker,
    containers: containers.filter(isOurs),
    networks: networks.filter(isOurs),
    volumes: Volumes.filter(isOurs),
  };
}
