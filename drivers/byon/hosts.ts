import { HotsiteError, messageOf, type Fault } from "../../core/errors.ts";
import { expandHosts } from "./pattern.ts";
import type { HostOptions, LoginOptions, PoolOptions, PowerCommands } from "./options.ts";

/** One host of a pool with all that is settled about it. */
export interface Host {
  /** `10.0.0.11`, or with a port that is not 22: `10.0.0.11:2222`. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly login: LoginOptions;
  readonly sudo: HostOptions["sudo"];
  readonly labels: readonly string[];
  readonly power?: PowerCommands;
}

const sshPort = 22;

/** The hosts of a pool in the order of the config. Throws `HotsiteError` "bad-hosts". */
export function hostsOf(options: PoolOptions): readonly Host[] {
  const entries = typeof options.hosts === "string" ? [options.hosts] : options.hosts;
  const hosts = entries.flatMap((entry) => {
    const own: HostOptions = typeof entry === "string" ? { host: entry } : entry;
    return expandHosts(own.host).map((host) => settled(host, own, options));
  });
  const doubled = hosts.find(({ id }, index) => hosts.findIndex((other) => other.id === id) !== index);
  if (doubled !== undefined) {
    throw new HotsiteError("bad-hosts", `${doubled.id} is named twice`, { hint: "name each host once" });
  }
  return hosts;
}

/** What people call an SSH server. */
export function hostId(host: string, port = sshPort): string {
  return port === sshPort ? host : `${host}:${port}`;
}

/** What is wrong with the hosts of a pool as they are written. */
export function hostsFaults(path: string, options: PoolOptions): Fault[] {
  try {
    hostsOf(options);
    return [];
  } catch (error) {
    if (!(error instanceof HotsiteError)) throw error;
    return [{ path: `${path}.hosts`, problem: messageOf(error), ...(error.hint && { remedy: error.hint }) }];
  }
}

/** A host's own login replaces the pool's as a whole: its keys must never be tried on somebody else's host. */
function settled(host: string, own: HostOptions, pool: PoolOptions): Host {
  const port = own.port ?? pool.port ?? sshPort;
  const user = own.user ?? pool.user ?? "root";
  const power = own.power ?? pool.power;
  return {
    id: hostId(host, port),
    ...{ host, port, user },
    login: hasProof(own) ? own : pool,
    sudo: own.sudo ?? pool.sudo,
    labels: own.labels ?? [],
    ...(power && { power }),
  };
}

function hasProof({ key, agent, password }: LoginOptions): boolean {
  return key !== undefined || agent !== undefined || password !== undefined;
}
