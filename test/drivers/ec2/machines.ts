import type Docker from "dockerode";
import { z } from "zod";
import { pack } from "../../../drivers/local/archive.ts";
import { ask, askUnless, openEngine } from "../../../drivers/local/engine.ts";
import { prepareImage } from "../../../drivers/local/image.ts";
import { inTurn } from "../../../drivers/turns.ts";
import { Doors } from "./doors.ts";

/** What `farm.py` tells of an instance. */
const instanceEvent = z.object({
  event: z.enum(["run", "start", "stop", "reboot", "terminate", "address"]),
  id: z.string(),
  image: z.string(),
  ip: z.string(),
  publicIp: z.string(),
  ports: z.array(z.int()),
  vpc: z.string(),
  cidr: z.string(),
  publicKey: z.string(),
  userData: z.string(),
});

type InstanceEvent = z.infer<typeof instanceEvent>;

/** What `farm.py` tells. */
export const farmEvent = z.union([
  instanceEvent,
  z.object({ event: z.literal("delete-vpc"), vpc: z.string() }),
]);

export type FarmEvent = z.infer<typeof farmEvent>;

/** What is behind the instances. */
export interface Backing extends AsyncDisposable {
  /** Rejects when it cannot be done. */
  handle(event: FarmEvent): Promise<void>;
  /** Names of what there is. */
  left(): Promise<string[]>;
}

/** Who may log in to a machine of this image; undefined: it does not even start. */
export type Logins = ReadonlyMap<string, string | undefined>;

const mark = "hotsite-test.ec2";
const initPath = "/usr/local/sbin/init";

/** As cloud-init does it: the user, its key, its right to become root, a host key, and the user data once. */
const init = `#!/bin/sh
set -e
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then mount -o remount,rw /sys/fs/cgroup || :; fi
if [ ! -f /etc/ssh/ssh_host_ed25519_key ]; then
  id "$LOGIN" > /dev/null 2>&1 || useradd --create-home --shell /bin/bash "$LOGIN"
  home=$(getent passwd "$LOGIN" | cut -d: -f6)
  install -d -m 700 -o "$LOGIN" "$home/.ssh"
  install -m 600 -o "$LOGIN" /etc/farm-key "$home/.ssh/authorized_keys"
  echo "$LOGIN ALL=(ALL) NOPASSWD:ALL" > /etc/sudoers.d/90-farm
  ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  if [ -s /etc/farm-user-data ]; then ln -s /etc/systemd/system/user-data.service /etc/systemd/system/multi-user.target.wants/; fi
fi
exec /sbin/init
`;

const userDataUnit = `[Unit]
After=network.target
ConditionPathExists=!/var/lib/farm-user-data.done
[Service]
Type=oneshot
ExecStartPre=/bin/touch /var/lib/farm-user-data.done
ExecStart=/etc/farm-user-data
`;

/** A container for each instance, at its private address; its public address is one of loopback, with the ports that its groups open. */
export class FarmMachines implements Backing {
  readonly #docker: Docker;
  readonly #image: string;
  readonly #run: string;
  readonly #logins: Logins;
  readonly #doors = new Map<string, Doors>();

  private constructor(docker: Docker, image: string, run: string, logins: Logins) {
    this.#docker = docker;
    this.#image = image;
    this.#run = run;
    this.#logins = logins;
  }

  static async open(run: string, logins: Logins): Promise<FarmMachines> {
    const signal = AbortSignal.timeout(600_000);
    const image = await prepareImage(() => undefined, signal);
    return new FarmMachines(await openEngine(signal), image, run, logins);
  }

  async handle(event: FarmEvent): Promise<void> {
    if (event.event === "delete-vpc") {
      await this.#dropNetwork(event.vpc);
      return;
    }
    await this.#doors.get(event.id)?.[Symbol.asyncDispose]();
    this.#doors.delete(event.id);
    await this.#power(event);
    const { id, ip, publicIp, ports } = event;
    if (publicIp !== "" && !["stop", "terminate"].includes(event.event))
      this.#doors.set(id, await Doors.open(publicIp, ip, ports));
  }

  async #power(event: InstanceEvent): Promise<void> {
    const container = this.#docker.getContainer(this.#nameOf(event.id));
    switch (event.event) {
      case "run":
        await this.#create(event);
        break;
      case "start":
        await ask(`start ${event.id}`, container.start());
        break;
      case "stop":
        await askUnless([404, 409], `stop ${event.id}`, container.kill({ signal: "SIGKILL" }));
        break;
      case "reboot":
        await ask(`reboot ${event.id}`, container.restart({ t: 10 }));
        break;
      case "terminate":
        await askUnless([404, 409], `remove ${event.id}`, container.remove({ force: true, v: true }));
        break;
      case "address":
        break;
    }
  }

  async left(): Promise<string[]> {
    const filters = { label: [`${mark}=${this.#run}`] };
    const containers = await this.#docker.listContainers({ all: true, filters });
    const networks = await this.#docker.listNetworks({ filters });
    return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const filters = { label: [`${mark}=${this.#run}`] };
    for (const doors of this.#doors.values()) await doors[Symbol.asyncDispose]();
    for (const { Id } of await this.#docker.listContainers({ all: true, filters }))
      await this.#docker.getContainer(Id).remove({ force: true, v: true });
    for (const { Id } of await this.#docker.listNetworks({ filters }))
      await this.#docker.getNetwork(Id).remove();
  }

  async #create({ id, image, ip, vpc, cidr, publicKey, userData }: InstanceEvent): Promise<void> {
    const login = this.#logins.get(image);
    if (login === undefined) throw new Error(`${image} does not start`);
    await this.#ensureNetwork(vpc, cidr);
    const container = await ask(
      `make ${id}`,
      this.#docker.createContainer({
        name: this.#nameOf(id),
        Hostname: `ip-${ip.replaceAll(".", "-")}`,
        Image: this.#image,
        Labels: { [mark]: this.#run },
        Cmd: [initPath],
        Entrypoint: [],
        StopSignal: "SIGRTMIN+3",
        Env: ["container=docker", `LOGIN=${login}`],
        HostConfig: {
          NetworkMode: this.#nameOf(vpc),
          ...{ CgroupnsMode: "private" },
          CapAdd: ["NET_ADMIN", "NET_RAW", "SYS_ADMIN"],
          SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
          Tmpfs: { "/run": "exec,mode=755", "/run/lock": "", "/tmp": "exec,mode=1777" },
        },
        NetworkingConfig: { EndpointsConfig: { [this.#nameOf(vpc)]: { IPAMConfig: { IPv4Address: ip } } } },
      }),
    );
    const files = await pack([
      { path: initPath.slice(1), content: init, mode: 0o755 },
      { path: "etc/farm-key", content: `${publicKey}\n`, mode: 0o600 },
      { path: "etc/farm-user-data", content: Buffer.from(userData, "base64"), mode: 0o755 },
      { path: "etc/systemd/system/user-data.service", content: userDataUnit },
    ]);
    await ask(`equip ${id}`, container.putArchive(files, { path: "/" }));
    await ask(`start ${id}`, container.start());
  }

  /** One network for all subnets of a VPC: they reach each other there as well. */
  async #ensureNetwork(vpc: string, cidr: string): Promise<void> {
    const name = this.#nameOf(vpc);
    const make = async (): Promise<void> => {
      if ((await this.#docker.listNetworks({ filters: { name: [name] } })).length > 0) return;
      const IPAM = { Driver: "default", Config: [{ Subnet: cidr }] };
      const wish = { Name: name, Driver: "bridge", IPAM, Labels: { [mark]: this.#run } };
      await ask(`make the network ${vpc}`, this.#docker.createNetwork(wish));
    };
    await inTurn(name, make, AbortSignal.timeout(60_000));
  }

  async #dropNetwork(vpc: string): Promise<void> {
    const name = this.#nameOf(vpc);
    const drop = async (): Promise<void> => {
      await askUnless([403, 404, 409], `drop ${vpc}`, this.#docker.getNetwork(name).remove());
    };
    await inTurn(name, drop, AbortSignal.timeout(60_000));
  }

  #nameOf(id: string): string {
    return `hotsite-test-${this.#run}-${id}`;
  }
}
