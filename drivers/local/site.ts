import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { CapacityError } from "../../core/errors.ts";
import { engineSubnet, siteNumbers } from "./address.ts";
import { ask, askUnless } from "./engine.ts";
import { label, networkName, routerName } from "./names.ts";
import { connectRouter } from "./router.ts";
import { inTurn } from "../turns.ts";

/** The subnet of one site, as the engine has it. */
export interface SiteNetwork {
  /** The engine's id of the network. */
  readonly id: string;
  readonly site: string;
  /** Unique among all sites on this engine. */
  readonly number: number;
}

/** The network of a site with the way to the owner's other sites; made when it is missing. */
export async function ensureSite(
  docker: Docker,
  owner: string,
  site: string,
  image: string,
  signal: AbortSignal,
): Promise<SiteNetwork> {
  const make = async (): Promise<SiteNetwork> => {
    const network = await ensureNetwork(docker, owner, site, signal);
    await connectRouter(docker, owner, network, image, signal);
    return network;
  };
  return inTurn(`sites of ${owner}`, make, signal);
}

/** The networks of an owner. */
export async function listSites(docker: Docker, owner: string, signal: AbortSignal): Promise<SiteNetwork[]> {
  const filters = { label: [`${label.owner}=${owner}`] };
  const networks = await ask("list the sites", docker.listNetworks({ filters, abortSignal: signal }));
  return networks
    .sort((a, b) => a.Created.localeCompare(b.Created))
    .map(({ Id, Labels = {} }) => ({
      id: Id,
      site: Labels[label.site] ?? "",
      number: Number(Labels[label.number]),
    }));
}

async function ensureNetwork(
  docker: Docker,
  owner: string,
  site: string,
  signal: AbortSignal,
): Promise<SiteNetwork> {
  for (;;) {
    const known = (await listSites(docker, owner, signal)).find((network) => network.site === site);
    if (known !== undefined) return known;
    const number = await freeNumber(docker, owner, site, signal);
    const made = await createNetwork(docker, owner, site, number);
    if (made !== undefined) return { id: made.id, site, number };
    // Somebody took the number meanwhile, perhaps for this very site.
  }
}

async function createNetwork(
  docker: Docker,
  owner: string,
  site: string,
  number: number,
): Promise<Docker.Network | undefined> {
  const request = docker.createNetwork({
    Name: networkName(owner, site),
    CheckDuplicate: true,
    Driver: "bridge",
    IPAM: { Driver: "default", Config: [engineSubnet(number)] },
    Labels: { [label.owner]: owner, [label.site]: site, [label.number]: String(number) },
  });
  return askUnless([403, 409], `make the network of site ${site}`, request);
}

/**
 * A number that no network has. All who look for one for the same site begin at the same place, and the engine refuses a subnet
 * twice: that is what makes one network of two attempts in the same instant.
 */
async function freeNumber(docker: Docker, owner: string, site: string, signal: AbortSignal): Promise<number> {
  const networks = await ask("list the networks", docker.listNetworks({ abortSignal: signal }));
  const subnets = new Set(networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).map(({ Subnet }) => Subnet)));
  const size = siteNumbers.last - siteNumbers.first + 1;
  const start = createHash("sha256").update(`${owner}/${site}`).digest().readUInt16BE() % size;
  for (let step = 0; step < size; step++) {
    const number = siteNumbers.first + ((start + step) % size);
    if (!subnets.has(engineSubnet(number).Subnet)) return number;
  }
  throw new CapacityError(`no free subnet for site ${site}: ${size} sites are in use on this engine`, {
    hint: "uninstall applications that are not needed any more",
  });
}

/** Removes router and networks of an owner who has no machine any more; repeatable. */
export async function sweepSites(docker: Docker, owner: string, signal: AbortSignal): Promise<void> {
  const sweep = async (): Promise<void> => {
    const filters = { label: [`${label.owner}=${owner}`, label.claim] };
    const machines = await ask(
      "list the machines",
      docker.listContainers({ all: true, filters, abortSignal: signal }),
    );
    if (machines.length > 0) return;
    const router = docker.getContainer(routerName(owner));
    await askUnless([404, 409], "remove the router", router.remove({ force: true, v: true }));
    for (const { id, site } of await listSites(docker, owner, signal)) {
      await askUnless([404], `remove the network of site ${site}`, docker.getNetwork(id).remove());
    }
  };
  await inTurn(`sites of ${owner}`, sweep, signal);
}
