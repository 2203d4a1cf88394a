import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { script } from "../../../core/command.ts";
import type { Machine } from "../../../core/driver.ts";
import { newSshKey } from "../../../core/ssh-key.ts";
import type { Shell } from "../../../core/shell.ts";
import type { HostOptions, PoolOptions } from "../../../drivers/byon/options.ts";
import { ByonDriver } from "../../../drivers/byon/driver.ts";
import { LocalDriver } from "../../../drivers/local/driver.ts";
import { openShell } from "../../../remote/ssh.ts";
import { claimOf, newOwner } from "../claim.ts";
import { removeAll, shellOn } from "../lab.ts";

/** One host of a fake machine room. */
export interface MetalHost {
  readonly host: string;
  readonly container: Machine;
  /** As its own root, past everything that is tested. */
  as(text: string): Promise<string>;
}

/** Local machines that stand for bare metal: a user `ops` logs in with a key of the operator's and becomes root with sudo. */
export class Metal implements AsyncDisposable {
  readonly hosts: readonly MetalHost[];
  /** The operator's own private key, in a file. */
  readonly key: string;
  readonly folder: string;
  /** Addresses that a test knows to be dead: drivers wait for them only a moment. */
  readonly dead = new Set<string>();
  readonly #driver: LocalDriver;
  readonly #owner: string;
  readonly #shells: readonly Shell[];

  private constructor(made: {
    hosts: readonly MetalHost[];
    folder: string;
    driver: LocalDriver;
    owner: string;
    shells: readonly Shell[];
  }) {
    this.hosts = made.hosts;
    this.folder = made.folder;
    this.key = join(made.folder, "ops.key");
    this.#driver = made.driver;
    this.#owner = made.owner;
    this.#shells = made.shells;
  }

  static async make(count: number, signal: AbortSignal, image?: string): Promise<Metal> {
    const [driver, owner, folder] = [
      new LocalDriver(),
      newOwner(),
      await mkdtemp(join(tmpdir(), "hotsite-metal-")),
    ];
    const operator = newSshKey();
    await writeFile(join(folder, "ops.key"), operator.privateKey, { mode: 0o600 });
    try {
      const names = Array.from({ length: count }, (_, index) => `host-${index + 1}`);
      const machines = await Promise.all(
        names.map((name) => driver.launch(claimOf(owner, "room", name, { template: { image } }), signal)),
      );
      const shells = await Promise.all(machines.map((machine) => shellOn(machine, signal)));
      const hosts: MetalHost[] = [];
      for (const [index, container] of machines.entries()) {
        const shell = shells[index];
        if (shell === undefined) throw new Error("no shell");
        const as = async (text: string): Promise<string> =>
          (await shell.run(script(text), AbortSignal.timeout(30_000))).stdout;
        await shell.run(script(operatorText, operator.publicKey), signal);
        hosts.push({ host: await engineAddress(container.id), container, as });
      }
      return new Metal({ hosts, folder, driver, owner, shells });
    } catch (error) {
      await removeAll(driver, owner);
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** A host of the config, its power switched through the engine. */
  option({ host, container: { id } }: MetalHost, more: Partial<HostOptions> = {}): HostOptions {
    const state = `docker inspect -f '{{.State.Running}}' ${id} | sed 's/true/on/;s/false/off/'`;
    const power = { off: ["docker", "kill", id], on: ["docker", "start", id], state: ["sh", "-c", state] };
    return { host, power, ...more };
  }

  /** A driver as a process of its own would open it, with its memory in `state`. */
  driver(options: Partial<PoolOptions> = {}, state = "state"): ByonDriver {
    const hosts = this.hosts.map((host) => this.option(host));
    return new ByonDriver(
      { hosts, user: "ops", key: this.key, ...options },
      {
        sites: ["east", "west"],
        configFolder: this.folder,
        stateFolder: join(this.folder, state),
        openShell: (target, signal) =>
          openShell(this.dead.has(target.at.host) ? { ...target, connectTimeoutMs: 500 } : target, signal),
      },
    );
  }

  /** Everything on the hosts that names an owner or is Hotsite's: nothing when they are clean. */
  async traces(owner = ""): Promise<string[]> {
    const look = `cat /home/ops/.ssh/authorized_keys /var/lib/hotsite-host/* 2>/dev/null | grep hotsite: || :
      cat /var/lib/hotsite-host/claim 2>/dev/null || :
      ls -d /etc/hotsite /opt/hotsite /var/lib/hotsite 2>/dev/null || :`;
    const each = await Promise.all(this.hosts.map(async ({ as }) => (await as(look)).split("\n")));
    return each.flat().filter((line) => line !== "" && line.includes(owner));
  }

  /** What each host has: packages, names below the folders that installations change, failed units, who may log in. */
  snapshots(): Promise<string[]> {
    return Promise.all(this.hosts.map(({ as }) => as(snapshotText)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shell of this.#shells) await shell[Symbol.asyncDispose]();
    await removeAll(this.#driver, this.#owner);
    await rm(this.folder, { recursive: true });
  }
}

const operatorText = `
  useradd --create-home --shell /bin/bash ops
  install -d -o ops -g ops -m 700 /home/ops/.ssh
  echo "$1" >/home/ops/.ssh/authorized_keys
  chown ops:ops /home/ops/.ssh/authorized_keys
  echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops`;

const snapshotText = `export LC_ALL=C
  dpkg-query -W -f '\${Package} \${db:Status-Status}\\n'
  ls -d /etc/* /etc/systemd/system/* /opt/* /srv/* /var/lib/* 2>/dev/null | grep -v -- '-$'
  systemctl list-units --state=failed --no-legend; cat /home/ops/.ssh/authorized_keys`;

/** On the engine's own network, where this computer reaches a machine as it would reach a host. */
async function engineAddress(id: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  const { stdout } = await promisify(execFile)("docker", ["inspect", "-f", format, id]);
  return stdout.trim();
}
