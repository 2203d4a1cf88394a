import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import type { Ec2Options } from "../../../drivers/ec2/template.ts";
import { Parts } from "../../support/parts.ts";
import { Account } from "./account.ts";
import { Front } from "./front.ts";
import { Greeters } from "./greeters.ts";
import { FarmMachines, farmEvent, type Backing } from "./machines.ts";
import { startMoto, type Moto } from "./moto.ts";

export const debianOwner = "136693071363";
const region = "eu-west-1";

/** What can be launched. `login`: whom it lets in; without one it does not start. */
const images = [
  { id: "ami-0deb0000000000012", name: "debian-12-amd64-20260101", architecture: "x86_64", login: "admin" },
  { id: "ami-0deb000000000a012", name: "debian-12-arm64-20260101", architecture: "arm64", login: "admin" },
  { id: "ami-0000000000000011", name: "rooted-1", architecture: "x86_64", login: "root" },
  { id: "ami-0000000000000012", name: "rooted-2", architecture: "x86_64", login: "root" },
  { id: "ami-0000000000000666", name: "broken-1", architecture: "x86_64", login: undefined },
] as const;

const parameters = {
  "/aws/service/debian/release/12/latest/amd64": images[0].id,
  "/aws/service/debian/release/12/latest/arm64": images[1].id,
};

/** Nobody gets machines of this type. */
export const scarceType = "t3.nano";
/** Only its first zone has none. */
const capacity = { [scarceType]: 0, "t3.micro@eu-west-1a": 0 };

/** What can be behind an instance. */
const backings = {
  /** A container that boots. */
  machine: () =>
    FarmMachines.open(randomBytes(3).toString("hex"), new Map(images.map(({ id, login }) => [id, login]))),
  /** Somebody who says that SSH is there, at the public address. */
  greeter: () => Promise.resolve(new Greeters()),
} satisfies Record<string, () => Promise<Backing>>;

type Kind = keyof typeof backings;

/** EC2 on this computer: an API that others wrote, and a real machine behind each instance. Whoever opens it disposes of it. */
export class Emulator implements AsyncDisposable {
  readonly front: Front;
  readonly account: Account;
  /** What a config needs to launch here: machines are reached from inside their network, others at their public address. */
  readonly options: Ec2Options;
  readonly #machines: Backing;
  readonly #parts = new Parts();

  private constructor(parts: Parts, moto: Moto, front: Front, kind: Kind, machines: Backing) {
    this.#parts = parts;
    this.front = front;
    this.#machines = machines;
    this.account = new Account(`http://127.0.0.1:${moto.port}`, region);
    parts.defer(() => this.account.close());
    // Engines refuse networks that overlap, and other tests have theirs.
    const vpcCidr = `10.${randomInt(128, 231)}.0.0/16`;
    const endpoint = front.url;
    const place = { region, endpoint, vpcCidr, access: kind === "machine" ? "private" : "public" } as const;
    this.options = { ...place, type: "t3.small", image: "debian-12", user: "admin" };
  }

  static async open(kind: Kind): Promise<Emulator> {
    useTestCredentials();
    const parts = new Parts();
    try {
      const backing = parts.use(await backings[kind]());
      const folder = await mkdtemp(join(tmpdir(), "hotsite-ec2-"));
      parts.defer(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, "amis.json"), JSON.stringify(images.map(catalogueEntry)));
      const moto = parts.use(
        await startMoto({
          MOTO_AMIS_PATH: join(folder, "amis.json"),
          FARM_CAPACITY: JSON.stringify(capacity),
          FARM_PARAMETERS: JSON.stringify(parameters),
          FARM_HOOK: await listen(parts, backing),
        }),
      );
      return new Emulator(parts, moto, parts.use(await Front.open(moto.port)), kind, backing);
    } catch (error) {
      await parts[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the cloud and the engine have; the engine's machines have no owner, so they count for everybody. */
  async leftovers(owner: string): Promise<string[]> {
    return [...(await this.account.everythingOf(owner)), ...(await this.#machines.left())];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts[Symbol.asyncDispose]();
  }
}

/** The driver finds them as it would find a person's. */
function useTestCredentials(): void {
  process.env["AWS_ACCESS_KEY_ID"] = "AKIAHOTSITETEST00000";
  process.env["AWS_SECRET_ACCESS_KEY"] = "no-secret-at-all";
}

function catalogueEntry({ id, name, architecture }: (typeof images)[number]) {
  return {
    ami_id: id,
    name,
    architecture,
    owner_id: debianOwner,
    creation_date: `2026-01-${name.endsWith("2") ? "02" : "01"}T00:00:00.000Z`,
    ...{ state: "available", public: true, image_location: "test", sriov: "simple", description: name },
    ...{ root_device_type: "ebs", root_device_name: "/dev/xvda", image_type: "machine", platform: null },
    ...{ virtualization_type: "hvm", hypervisor: "xen" },
  };
}

/** Where `farm.py` tells of what happens to instances. */
async function listen(parts: Parts, machines: Backing): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await machines.handle(farmEvent.parse(await json(request)));
      response.writeHead(200).end();
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const server = http.createServer((request, response) => void answer(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  parts.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
