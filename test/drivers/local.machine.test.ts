import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { once } from "node:events";
import type Docker from "dockerode";
import { systemClock } from "../../core/clock.ts";
import type { Machine } from "../../core/driver.ts";
import { waitFor } from "../../core/wait.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { openEngine } from "../../drivers/local/engine.ts";
import { prepareImage } from "../../drivers/local/image.ts";
import { label } from "../../drivers/local/names.ts";
import { powerSite } from "../../drivers/local/power.ts";
import { greets } from "../../drivers/reach.ts";
import { Program } from "../support/program.ts";
import { describeDriver } from "./conformance.ts";
import { claimOf, newOwner } from "./claim.ts";
import { leftovers } from "./leftovers.ts";
import { launchWithLostAnswers } from "./lost-answers.ts";
import { outputOf, removeAll, scriptOn, type DriverLab } from "./lab.ts";

jest.setTimeout(120_000);

/** An image that starts and is no machine. */
const brokenImage = "hotsite-test-broken:latest";
let docker: Docker;

const lab: DriverLab = {
  open: () => Promise.resolve(new LocalDriver()),
  sites: ["east", "west"],
  template: {},
  faulty: {
    template: { image: "no-such-image:ever", memory: "2GB", cpus: -1 },
    paths: ["sites.east.cloud.memory", "sites.east.cloud.cpus"],
  },
  tooBig: { memoryMb: 1_000_000_000 },
  failing: { image: brokenImage },
  leftovers,
};

beforeAll(async () => {
  const signal = AbortSignal.timeout(600_000);
  docker = await openEngine(signal);
  const image = await prepareImage(() => undefined, signal);
  const container = await docker.createContainer({ Image: image, Cmd: ["rm", "/sbin/init"] });
  await container.start();
  await container.wait();
  const [repo, tag] = brokenImage.split(":");
  await container.commit({ repo, tag });
  await container.remove();
}, 600_000);

afterAll(async () => {
  await docker.getImage(brokenImage).remove({ force: true });
});

describeDriver("local", lab);

describe("local machines", () => {
  let driver: LocalDriver;
  let owner: string;
  let signal: AbortSignal;
  const launch = (site: string, name: string, expose: number[] = []): Promise<Machine> =>
    driver.launch(claimOf(owner, site, name, { expose }), signal);

  beforeEach(() => {
    driver = new LocalDriver();
    owner = newOwner();
    signal = AbortSignal.timeout(100_000);
  });

  afterEach(async () => {
    await removeAll(driver, owner);
    expect(await leftovers(owner)).toEqual([]);
  });

  test("an exposed port is reached from this computer, at the same place after a power cut", async () => {
    const machine = await launch("east", "web-1", [2222]);
    const listening = async (): Promise<void> => {
      await outputOf(machine, ["/usr/sbin/sshd", "-p", "2222"], signal);
      const look = async (): Promise<true | undefined> =>
        (await greets(machine.exposed[2222]!, signal)) || undefined;
      await waitFor(look, { timeoutMs: 30_000, what: "a greeting through the exposed port" }, signal);
    };
    await listening();
    await driver.stop(machine.id, signal);
    await driver.start(machine.id, signal);
    await listening();
  });

  test("what recipes install is on board: it installs without a network", async () => {
    const machine = await launch("east", "edge");
    await scriptOn(
      machine,
      "ip route del default; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq haproxy",
      signal,
    );
    expect(await scriptOn(machine, "systemctl is-active haproxy", signal)).toBe("active");
  });

  test("a machine is up as a whole: no unit failed, and another machine has another host key", async () => {
    const [machine, other] = await Promise.all([launch("east", "a"), launch("east", "b")]);
    expect(await scriptOn(machine, "systemctl is-system-running --wait", signal)).toBe("running");
    expect(machine.ssh.hostKey).not.toBe(other.ssh.hostKey);
  });

  test("memory and processors are limited as the template says", async () => {
    const machine = await driver.launch(
      claimOf(owner, "east", "small", { template: { memoryMb: 256, cpus: 0.5 } }),
      signal,
    );
    const { HostConfig } = await docker.getContainer(machine.id).inspect();
    expect(HostConfig).toMatchObject({ Memory: 256 * 2 ** 20, NanoCpus: 5e8 });
  });

  test("a container that is not ours is no machine, so it cannot be powered off or destroyed", async () => {
    const foreign = await docker.createContainer({ Image: brokenImage, Cmd: ["sleep", "60"] });
    try {
      await foreign.start();
      await expect(driver.stop(foreign.id, signal)).rejects.toMatchObject({ code: "node-not-found" });
      await driver.destroy(foreign.id, signal);
      expect((await foreign.inspect()).State.Running).toBe(true);
    } finally {
      await foreign.remove({ force: true });
    }
  });

  test("an image that the engine does not have is a fault, and fails a launch that is tried all the same", async () => {
    const wish = claimOf(owner, "east", "a", { template: { image: "no-such-image:ever" } });
    expect(await driver.validate([wish], signal)).toMatchObject([{ path: "sites.east.cloud.image" }]);
    await expect(driver.launch(wish, signal)).rejects.toMatchObject({ code: "engine-refused" });
    expect(await leftovers(owner)).toEqual([]);
  });

  test("a launch whose answer from the engine gets lost leaves nothing, or succeeds", async () => {
    await launchWithLostAnswers(newOwner(), 4, signal);
  });

  test("names that the engine would not take are taken all the same", async () => {
    const machine = await launch("Ost/Süd", "web 1");
    expect(await driver.list(owner, signal)).toEqual([machine]);
    expect(machine).toMatchObject({ site: "Ost/Süd", name: "web 1" });
  });

  test("a site, or a node by its name, is powered off and on as one", async () => {
    await Promise.all([launch("east", "a"), launch("east", "b"), launch("west", "a")]);
    const states = async (): Promise<string[]> =>
      (await driver.list(owner, signal)).map(({ state }) => state);
    await powerSite(driver, owner, "east", "off", signal);
    expect(await states()).toEqual(["stopped", "stopped", "running"]);
    await powerSite(driver, owner, "east/b", "on", signal);
    expect(await states()).toEqual(["stopped", "running", "running"]);
    const unknown = powerSite(driver, owner, "north", "off", signal);
    await expect(unknown).rejects.toMatchObject({
      code: "node-not-found",
      hint: expect.stringContaining("west/a"),
    });
  });

  describe("launched by processes that are killed or race", () => {
    let program: Program;
    beforeAll(
      async () => void (program = await Program.build(new URL("./launch-child.ts", import.meta.url))),
    );
    afterEach(() => program.endAll());
    afterAll(() => program[Symbol.asyncDispose]());

    test("a launch whose process was killed at any moment is finished by the next launch of its claim", async () => {
      for (const afterMs of [50, 200, 350, 600]) {
        const wish = claimOf(owner, "east", `killed-${afterMs}`);
        const { child, lines } = program.start([JSON.stringify([wish])]);
        await once(lines, "line", { signal });
        await systemClock.sleep(afterMs, signal);
        child.kill("SIGKILL");
        const machine = await driver.launch(wish, signal);
        expect(await outputOf(machine, ["hostname"], signal)).toBe(`east-killed-${afterMs}`);
      }
      expect(await driver.list(owner, signal)).toHaveLength(4);
    });

    test("processes that launch at once share site and claims, and never an address or a port", async () => {
      const wishes = ["a", "b", "c", "d"].map((name) => claimOf(owner, "east", name, { expose: [80] }));
      const children = [wishes, wishes, wishes.slice(2)].map(
        (some) => program.start([JSON.stringify(some)]).child,
      );
      const exits = await Promise.all(children.map((child) => once(child, "exit", { signal })));
      expect(exits).toEqual(exits.map(() => [0, null]));
      const machines = await driver.list(owner, signal);
      expect(machines.map(({ claim }) => claim)).toEqual(wishes.map(({ id }) => id));
      expect(new Set(machines.map(({ address }) => address)).size).toBe(4);
      expect(new Set(machines.flatMap(({ ssh, exposed }) => [ssh.port, exposed[80]?.port])).size).toBe(8);
      expect((await docker.listNetworks({ filters: { label: [`${label.owner}=${owner}`] } })).length).toBe(1);
    });
  });
});
