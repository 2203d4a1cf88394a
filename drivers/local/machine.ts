import type Docker from "dockerode";
import type { Endpoint, Machine, NodeClaim } from "../../core/driver.ts";
import { engineAddress, macAddress, ownAddress, routerIndex } from "./address.ts";
import type { HostKey } from "./host-key.ts";
import { label, machineName } from "./names.ts";
import { parsePorts, printPorts, type PublishedPorts } from "./ports.ts";
import { initPath } from "./scripts.ts";
import type { SiteNetwork } from "./site.ts";
import type { LocalTemplate } from "./template.ts";

/** Everything that is decided about a machine before it is made. */
export interface MachinePlan {
  readonly claim: NodeClaim;
  readonly template: LocalTemplate;
  readonly image: string;
  readonly site: SiteNetwork;
  readonly index: number;
  readonly ports: PublishedPorts;
  readonly hostKey: HostKey;
  /** Says which process makes it, and in which attempt. */
  readonly attempt: string;
}

/** With a setting that the engine's types lack. */
type HostConfig = Docker.HostConfig & { readonly CgroupnsMode: "private" };

const sshPort = 22;
const loopback = "127.0.0.1";

/** The ports that a machine publishes. */
export function portsOf({ expose }: NodeClaim): number[] {
  return [...new Set([sshPort, ...expose])];
}

/** The container that a plan asks for. It has the rights that systemd needs, which makes it no security boundary. */
export function containerOf(plan: MachinePlan): Docker.ContainerCreateOptions {
  const { claim, image, site, index, ports } = plan;
  const address = ownAddress(site.number, index);
  return {
    name: machineName(claim),
    Hostname: `${claim.site}-${claim.name}`.slice(0, 63),
    Image: image,
    MacAddress: macAddress(site.number, index),
    Labels: labelsOf(plan),
    Cmd: [initPath],
    Entrypoint: [],
    User: "root",
    StopSignal: "SIGRTMIN+3",
    ExposedPorts: Object.fromEntries([...ports.keys()].map((port) => [`${port}/tcp`, {}])),
    Env: [
      "container=docker",
      `HOTSITE_ADDRESS=${address}`,
      `HOTSITE_ROUTER=${ownAddress(site.number, routerIndex)}`,
    ],
    HostConfig: hostConfigOf(plan),
    NetworkingConfig: {
      EndpointsConfig: {
        [site.id]: {
          IPAMConfig: { IPv4Address: engineAddress(site.number, index) },
          MacAddress: macAddress(site.number, index),
        },
      },
    },
  };
}

function hostConfigOf({ template, site, ports }: MachinePlan): HostConfig {
  return {
    NetworkMode: site.id,
    CgroupnsMode: "private",
    CapAdd: ["NET_ADMIN", "NET_RAW", "SYS_ADMIN"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    Tmpfs: { "/run": "exec,mode=755", "/run/lock": "", "/tmp": "exec,mode=1777" },
    PortBindings: Object.fromEntries([...ports].map(bindingOf)),
    ...(template.memoryMb === undefined ? {} : { Memory: template.memoryMb * 2 ** 20 }),
    ...(template.diskGb === undefined ? {} : { StorageOpt: { size: `${template.diskGb}G` } }),
    ...(template.cpus === undefined ? {} : { NanoCpus: Math.round(template.cpus * 1e9) }),
  };
}

function bindingOf([port, published]: readonly [number, number]) {
  return [`${port}/tcp`, [{ HostIp: loopback, HostPort: String(published) }]] as const;
}

function labelsOf({ claim, site, index, ports, hostKey, attempt }: MachinePlan): Record<string, string> {
  return {
    [label.owner]: claim.owner,
    [label.site]: claim.site,
    [label.name]: claim.name,
    [label.claim]: claim.id,
    [label.number]: String(site.number),
    [label.index]: String(index),
    [label.ports]: printPorts(ports),
    [label.hostKey]: hostKey.fingerprint,
    [label.launch]: attempt,
  };
}

/** A container as the machine that it is. */
export function machineOf(id: string, labels: Readonly<Record<string, string>>, running: boolean): Machine {
  const published = parsePorts(labels[label.ports] ?? "");
  const exposed = [...published].filter(([port]) => port !== sshPort);
  return {
    id,
    claim: labels[label.claim] ?? "",
    owner: labels[label.owner] ?? "",
    site: labels[label.site] ?? "",
    name: labels[label.name] ?? "",
    state: running ? "running" : "stopped",
    address: ownAddress(Number(labels[label.number]), Number(labels[label.index])),
    ssh: { ...endpointOf(published.get(sshPort)), user: "root", hostKey: labels[label.hostKey] },
    exposed: Object.fromEntries(exposed.map(([port, at]) => [port, endpointOf(at)])),
  };
}

function endpointOf(port = 0): Endpoint {
  return { host: loopback, port };
}
