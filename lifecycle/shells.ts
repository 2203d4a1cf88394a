import type { Logger } from "../core/logger.ts";
import type { Access, Machine } from "../core/driver.ts";
import type { Secret } from "../core/secret.ts";
import type { Shell } from "../core/shell.ts";
import type { HostKeyPolicy, SshTarget } from "../core/ssh.ts";
import { openShell } from "../remote/ssh.ts";
import type { LaunchedNode, Nodes } from "./nodes.ts";

interface Connection {
  /** `host:port` it was opened to: a machine may come back elsewhere after a power cycle. */
  readonly endpoint: string;
  readonly shell: Promise<Shell>;
}

/** The way to a machine besides its address, and the host key that is pinned elsewhere than with its node. */
export type MachineAccess = Access & { readonly hostKey?: HostKeyPolicy };

export interface ShellsOptions {
  readonly nodes: Nodes;
  readonly privateKey: Secret;
  readonly logger: Logger;
  /** What the machine's driver adds. */
  access(machine: Machine): Promise<MachineAccess>;
}

/** One open connection per node. */
export class Shells implements AsyncDisposable {
  readonly #options: ShellsOptions;
  readonly #open = new Map<string, Connection>();

  constructor(options: ShellsOptions) {
    this.#options = options;
  }

  async to(site: string, name: string, signal: AbortSignal): Promise<Shell> {
    const node = await this.#options.nodes.launched(site, name);
    const key = `${site}/${name}`;
    const endpoint = `${node.machine.ssh.host}:${node.machine.ssh.port}`;
    const known = this.#open.get(key);
    if (known?.endpoint === endpoint) return known.shell;
    if (known !== undefined) await this.close(site, name);
    const shell = this.#connect(node, signal);
    this.#open.set(key, { endpoint, shell });
    shell.catch(() => this.#open.delete(key));
    return shell;
  }

  /** Closes the connections to one node, or to all of a site. */
  async close(site: string, name?: string): Promise<void> {
    const wanted = (key: string): boolean =>
      name === undefined ? key.startsWith(`${site}/`) : key === `${site}/${name}`;
    const gone = [...this.#open].filter(([key]) => wanted(key));
    for (const [key] of gone) this.#open.delete(key);
    const shells = await Promise.allSettled(gone.map(([, { shell }]) => shell));
    for (const shell of shells) if (shell.status === "fulfilled") await shell.value[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const site of new Set([...this.#open.keys()].map((key) => key.slice(0, key.indexOf("/")))))
      await this.close(site);
  }

  /** Where a node's SSH server is, and how to get in. */
  async target({ claim, machine, hostKey }: LaunchedNode): Promise<SshTarget> {
    const { nodes, privateKey, access } = this.#options;
    return {
      node: `${claim.site}/${claim.name}`,
      at: machine.ssh,
      login: { user: machine.ssh.user, privateKey },
      ...(machine.ssh.sudo === true ? { sudo: {} } : {}),
      hostKey: {
        known: () => Promise.resolve(machine.ssh.hostKey ?? hostKey),
        pin: (fingerprint: string) => nodes.update(claim.site, claim.name, { hostKey: fingerprint }),
      },
      ...(await access(machine)),
    };
  }

  async #connect(node: LaunchedNode, signal: AbortSignal): Promise<Shell> {
    return openShell({ ...(await this.target(node)), logger: this.#options.logger }, signal);
  }
}
