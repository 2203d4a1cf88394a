import type { CloudScope } from "../../core/application.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Shell } from "../../core/shell.ts";
import type { KeptHostKey, SshTarget } from "../../core/ssh.ts";
import { hostId, hostsOf, type Host } from "./hosts.ts";
import { loginOf, sudoOf } from "./login.ts";
import { Memory } from "./memory.ts";
import type { PoolOptions } from "./options.ts";

/** A host that is asked answers at once or not at all. */
const connectTimeoutMs = 5000;
const defaultMinFreeMb = 2048;

/** What a pool needs of its surroundings. */
export type PoolScope = Pick<CloudScope, "sites" | "configFolder" | "stateFolder" | "openShell">;

/** The hosts of one `byon({…})`, what is remembered of them, and one open connection to each. */
export class Pool implements AsyncDisposable {
  readonly hosts: readonly Host[];
  readonly memory: Memory;
  readonly options: PoolOptions;
  readonly #scope: PoolScope;
  readonly #open = new Map<string, Promise<Shell>>();

  constructor(options: PoolOptions, scope: PoolScope) {
    this.options = options;
    this.hosts = hostsOf(options);
    this.memory = new Memory(scope.stateFolder);
    this.#scope = scope;
  }

  /** Throws `HotsiteError` "no-such-host". */
  host(id: string): Host {
    const found = this.hosts.find((host) => host.id === id);
    if (found !== undefined) return found;
    throw new HotsiteError("no-such-host", `there is no host ${id} in byon({ hosts })`, {
      hint: `known: ${this.hosts.map((host) => host.id).join(", ")}`,
    });
  }

  /** What a host has to have free on its disk, and which systems it may run. */
  get demands(): { readonly minFreeMb: number; readonly untestedSystems: boolean } {
    const { minFreeMb = defaultMinFreeMb, untestedSystems = false } = this.options;
    return { minFreeMb, untestedSystems };
  }

  /** A shell as root, kept open for the next call; the pool closes it. */
  async shell(host: Host, signal: AbortSignal): Promise<Shell> {
    const known = this.#open.get(host.id);
    if (known !== undefined) return known;
    const opening = this.target(host).then((target) => this.#scope.openShell(target, signal));
    this.#open.set(host.id, opening);
    opening.catch(() => {
      if (this.#open.get(host.id) === opening) this.#open.delete(host.id);
    });
    return opening;
  }

  /** After its power was cut, or its key changed. */
  async disconnect(host: Host): Promise<void> {
    const known = this.#open.get(host.id);
    this.#open.delete(host.id);
    const shell = await known?.catch(() => undefined);
    await shell?.[Symbol.asyncDispose]();
  }

  /** The way to a host besides its address. */
  async access(host: Host): Promise<Pick<SshTarget, "sudo" | "jump">> {
    const sudo = await sudoOf(host, this.#scope.configFolder);
    const jump = await this.#jump();
    return { ...(sudo && { sudo }), ...(jump && { jump }) };
  }

  /** How the pool itself logs in to a host. */
  async target(host: Host): Promise<SshTarget> {
    return {
      node: host.id,
      at: { host: host.host, port: host.port },
      login: await loginOf(host.id, host.user, host.login, this.#scope.configFolder),
      hostKey: this.hostKey(host.id),
      ...(await this.access(host)),
      connectTimeoutMs,
    };
  }

  /** What is pinned of a host or of the jump host: one pin for whoever logs in. */
  hostKey(id: string): KeptHostKey {
    const known = async (): Promise<string | undefined> => (await this.memory.of(id)).hostKey;
    return {
      known,
      pin: (hostKey) => this.memory.change(id, { hostKey }),
      trust: id,
      forget: async () => {
        const hostKey = await known();
        await this.memory.change(id, { hostKey: undefined });
        return hostKey;
      },
    };
  }

  /** Everything that has a host key: the hosts and the jump host. */
  get servers(): readonly string[] {
    const { jump } = this.options;
    return [...this.hosts.map(({ id }) => id), ...(jump ? [hostId(jump.host, jump.port)] : [])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => this.disconnect(host)));
  }

  async #jump(): Promise<SshTarget | undefined> {
    const { jump } = this.options;
    if (jump === undefined) return undefined;
    const { host, user = "root", port = 22 } = jump;
    return {
      node: `jump host ${host}`,
      at: { host, port },
      login: await loginOf(`jump host ${host}`, user, jump, this.#scope.configFolder),
      hostKey: this.hostKey(hostId(host, port)),
      connectTimeoutMs,
    };
  }
}
