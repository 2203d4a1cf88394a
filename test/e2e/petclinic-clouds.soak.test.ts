import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Metal } from "../drivers/byon/metal.ts";
import { Emulator } from "../drivers/ec2/emulator.ts";
import { Parts } from "../support/parts.ts";
import type { Scene } from "./harness.ts";
import { clinicScene, enterVisit, expectProtected, expectStoredOnce, statusOf } from "./two-sites.ts";

/** A kind of cloud with room for the whole example. */
interface Room {
  /** What replaces `local()` in the config. */
  readonly cloud: string;
  /** What the cloud itself says is left of an owner when nothing should be. */
  left(owner: string): Promise<readonly string[]>;
}

interface NodeLine {
  /** `east/db-1`. */
  readonly name: string;
}

/** Two sites of a database, a web server and a gateway, and the edge. */
const nodeCount = 7;
/** Everything is asked about, nothing is done; a first installation takes minutes. */
const mostRepeatMs = 60_000;

const rooms: Readonly<Record<string, (parts: Parts) => Promise<Room>>> = {
  async byon(parts) {
    const metal = parts.use(await Metal.make(nodeCount, AbortSignal.timeout(180_000)));
    const before = await metal.snapshots();
    const hosts = metal.hosts.map(({ host }) => host);
    return {
      cloud: `byon(${JSON.stringify({ hosts, user: "ops", key: metal.key })})`,
      async left(owner) {
        const after = await metal.snapshots();
        const changed = hosts.filter((_, index) => after[index] !== before[index]);
        return [...(await metal.traces(owner)), ...changed.map((host) => `${host} is not as it was`)];
      },
    };
  },
  async ec2(parts) {
    const emulator = parts.use(await Emulator.open("machine"));
    return {
      cloud: `ec2(${JSON.stringify(emulator.options)})`,
      left: (owner) => emulator.leftovers(owner),
    };
  },
};

describe.each(Object.entries(rooms))("PetClinic with %s in place of local", (kind, open) => {
  const parts = new Parts();
  let scene: Scene;
  let room: Room;
  let owner: string;

  beforeAll(async () => {
    scene = parts.use(await clinicScene());
    room = await open(parts);
    await scene.edit("local,", `${kind},`);
    for (const place of [/(?<=east: .*)local\(\)/, /(?<=west: .*)local\(\)/, /(?<=edge: .*)local\(\)/])
      await scene.edit(place, room.cloud);
    ({ owner } = (await scene.run("orphans")) as { owner: string });
  }, 600_000);

  afterAll(async () => {
    await parts[Symbol.asyncDispose]();
  }, 120_000);

  test("is installed and protected, and answers through the balancer", async () => {
    await scene.run("validate");
    await scene.run("install");
    await expectProtected(scene, "east");
    expect(await nodes()).toHaveLength(nodeCount);
  }, 900_000);

  test("is left as it is by another installation", async () => {
    const before = [await nodes(), await runs()];
    const since = performance.now();
    await scene.run("install");
    const tookMs = performance.now() - since;
    console.info(`${kind}: installed again in ${Math.round(tookMs)} ms`);
    expect([await nodes(), await runs()]).toEqual(before);
    expect(tookMs).toBeLessThan(mostRepeatMs);
  }, 300_000);

  test("has its primary moved, and everything that was confirmed is in both sites", async () => {
    const { url } = await statusOf(scene);
    expect(await enterVisit(url, `on-${kind}`)).toBe(true);
    await scene.run("switchover");
    await expectProtected(scene, "west");
    await expectStoredOnce(scene, [`on-${kind}`]);
  }, 400_000);

  test("is removed, and nothing is left", async () => {
    await scene.run("uninstall", "--yes", "--delete-data");
    expect(await room.left(owner)).toEqual([]);
  }, 400_000);

  async function nodes(): Promise<readonly NodeLine[]> {
    return (await scene.run("nodes"))["nodes"] as readonly NodeLine[];
  }

  /** Of each service on each node, which of its starts this is. */
  async function runs(): Promise<readonly string[]> {
    const units = ["mariadb*", "tomcat*", "haproxy*", "hotsite*"].map((name) => `${name}.service`);
    const ask = ["systemctl", "show", "--property=Id,InvocationID", ...units];
    const each = await Promise.all((await nodes()).map(({ name }) => scene.on(name, ...ask)));
    for (const shown of each) expect(shown).toMatch(/^InvocationID=[0-9a-f]{32}$/m);
    return each;
  }
});
