import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { once } from "node:events";
import type Docker from "dockerode";
import { systemClock } from "../../core/clock.ts";
import type { Machine } from "../../core/driver.ts";
import { waitFor } from "../../core/wait.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { openEngine } from "../../drivers/local/engine.ts";
import { prepareImage } from "../../drivers/local/image.ts";
import { label, routerName } from "../../drivers/local/names.ts";
import { powerSite } from "../../drivers/local/power.ts";
import { greets } from "../../drivers/local/reach.ts";
import { getWan, perfectLine, setWan, type WanRule } from "../../drivers/local/wan.ts";
import { Program } from "../support/program.ts";
import { FaultyEngine } from "./faulty-engine.ts";
import { describeDriver } from "./conformance.ts";
import { claimOf, newOwner } from "./claim.ts";
import { outputOf, scriptOn, type DriverLab } from "./lab.ts";

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

/** What the engine itself has of an owner. */
async function leftovers(owner: string): Promise<string[]> {
  const filters = { label: [`${label.owner}=${owner}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name)];
}

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
    for (const { id } of await driver.list(owner, AbortSignal.timeout(60_000)))
      await driver.destroy(id, AbortSignal.timeout(60_000));
    await driver.sweep(owner, AbortSignal.timeout(60_000));
    expect(await leftovers(owner)).toEqual([]);
  });

  test("an exposed port is reached from this computer, at the same place after a power cut", async () => {
    const machine = await launch("east", "web-1", [2222]);
    const listening = async (): Promise<true | undefined> => {
      await outputOf(machine, ["/usr/sbin/sshd", "-p", "2222"], signal);
      return (await greets(machine.exposed[2222]!, signal)) || undefined;
    };
    expect(await listening()).toBe(true);
    await driver.stop(machine.id, signal);
    await driver.start(machine.id, signal);
    expect(await listening()).toBe(true);
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

  test("whichever answer of the engine gets lost, a launch fails and leaves nothing, or succeeds", async () => {
    await using faulty = await FaultyEngine.open(await engineSocket());
    const through = await driverThrough(faulty.host);
    let failures = 0;
    for (let request = 1; ; request++) {
      faulty.loseAnswerOf = request;
      const wish = claimOf(owner, "east", `a-${request}`);
      const machine = await through.launch(wish, signal).catch((error: unknown) => error);
      if (faulty.loseAnswerOf > 0) break;
      if (machine instanceof Error) {
        failures += 1;
        expect(machine).toMatchObject({ retryable: true });
        expect(await leftovers(owner)).toEqual([]);
      } else {
        await driver.destroy((machine as Machine).id, signal);
        await driver.sweep(owner, signal);
      }
    }
    expect(failures).toBeGreaterThan(10);
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
      for (const afterMs of [50, 150, 250, 350, 450, 600, 800]) {
        const wish = claimOf(owner, "east", `killed-${afterMs}`);
        const { child, lines } = program.start([JSON.stringify([wish])]);
        await once(lines, "line", { signal });
        await systemClock.sleep(afterMs, signal);
        child.kill("SIGKILL");
        const machine = await driver.launch(wish, signal);
        expect(await outputOf(machine, ["hostname"], signal)).toBe(`east-killed-${afterMs}`);
      }
      expect(await driver.list(owner, signal)).toHaveLength(7);
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

function engineSocket(): Promise<string> {
  // The engine's types lack it.
  return (docker.modem as unknown as { getSocketPath(): Promise<string> }).getSocketPath();
}

/** A driver that speaks to another engine than this process does. */
async function driverThrough(host: string): Promise<LocalDriver> {
  const { DOCKER_HOST } = process.env;
  process.env["DOCKER_HOST"] = host;
  try {
    const driver = new LocalDriver();
    await driver.list("nobody", AbortSignal.timeout(10_000));
    return driver;
  } finally {
    if (DOCKER_HOST === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = DOCKER_HOST;
  }
}

describe("the WAN between local sites", () => {
  const driver = new LocalDriver();
  const owner = newOwner();
  let east: Machine;
  let west: Machine;
  let signal: AbortSignal;

  beforeAll(async () => {
    const begin = AbortSignal.timeout(100_000);
    const launch = (site: string): Promise<Machine> => driver.launch(claimOf(owner, site, "a"), begin);
    [east, west] = await Promise.all([launch("east"), launch("west")]);
  });

  afterAll(async () => {
    const end = AbortSignal.timeout(60_000);
    for (const { id } of await driver.list(owner, end)) await driver.destroy(id, end);
    await driver.sweep(owner, end);
    expect(await leftovers(owner)).toEqual([]);
  });

  beforeEach(() => void (signal = AbortSignal.timeout(100_000)));
  afterEach(async () => {
    await set(perfectLine);
  });

  const set = (rule: Partial<WanRule>, oneWay = false): Promise<WanRule> =>
    setWan({ owner, from: "east", to: "west", rule, oneWay }, signal);

  /** Round trips from east to west. */
  async function ping(count: number, ...more: string[]): Promise<{ received: number; averageMs: number }> {
    const text = await scriptOn(east, `ping -q -W 1 -c ${count} ${more.join(" ")} ${west.address}`, signal);
    return {
      received: Number(/(\d+) received/.exec(text)?.[1]),
      averageMs: Number(/= [\d.]+\/([\d.]+)/.exec(text)?.[1] ?? NaN),
    };
  }

  test("nothing is set at first, and the sites know each other by their own addresses", async () => {
    expect(await getWan(owner, "west", "east", signal)).toEqual(perfectLine);
    expect((await ping(10, "-i 0.05")).averageMs).toBeLessThan(20);
    expect(await outputOf(east, ["ip", "route", "get", west.address], signal)).toContain(
      `src ${east.address}`,
    );
  });

  test("a delay counts each way, and can be set for one direction", async () => {
    await set({ delayMs: 40 });
    expect((await ping(10, "-i 0.05")).averageMs).toBeGreaterThanOrEqual(80);
    await set({ delayMs: 10 }, true);
    const { averageMs } = await ping(10, "-i 0.05");
    expect(averageMs).toBeGreaterThanOrEqual(50);
    expect(averageMs).toBeLessThan(80);
    expect((await getWan(owner, "west", "east", signal)).delayMs).toBe(40);
  });

  test("jitter spreads the delay around its middle", async () => {
    await set({ delayMs: 30, jitterMs: 20 });
    const text = await scriptOn(east, `ping -q -c 40 -i 0.05 ${west.address}`, signal);
    const [, min, max] = (/= ([\d.]+)\/[\d.]+\/([\d.]+)/.exec(text) ?? []).map(Number);
    expect(max! - min!).toBeGreaterThan(15);
    expect(min).toBeGreaterThanOrEqual(20);
  });

  test("a share of the packets is lost", async () => {
    await set({ lossPercent: 40 }, true);
    const { received } = await ping(200, "-i 0.01");
    expect(received).toBeGreaterThan(70);
    expect(received).toBeLessThan(170);
  });

  test("bandwidth is limited: what is too much is dropped", async () => {
    await set({ kbit: 100 }, true);
    expect((await ping(200, "-i 0.005", "-s 1400")).received).toBeLessThan(100);
    await set({ kbit: 0 }, true);
    expect((await ping(200, "-i 0.005", "-s 1400")).received).toBe(200);
  });

  test("a cut in one direction lets the other one through", async () => {
    await set({ cut: true }, true);
    expect((await ping(2, "-i 0.1")).received).toBe(0);
    const echoes = async (): Promise<number> =>
      Number(await scriptOn(east, "awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp", signal));
    const before = await echoes();
    await scriptOn(west, `ping -q -W 1 -c 3 -i 0.1 ${east.address}`, signal);
    expect((await echoes()) - before).toBe(3);
  });

  test("healing a cut leaves the delay, and takes effect on connections that were open", async () => {
    await set({ delayMs: 20 });
    await set({ cut: true });
    expect((await ping(2, "-i 0.1")).received).toBe(0);
    expect(await set({ cut: false })).toMatchObject({ delayMs: 20, cut: false });
    expect((await ping(5, "-i 0.05")).averageMs).toBeGreaterThanOrEqual(40);
  });

  test("a machine that was powered off reaches the other site again", async () => {
    await driver.stop(west.id, signal);
    expect((await ping(1)).received).toBe(0);
    await driver.start(west.id, signal);
    expect((await ping(3, "-i 0.1")).received).toBe(3);
  });

  test("without its router there is no WAN; the next power-on brings it back with its rules", async () => {
    await set({ delayMs: 15 });
    await docker.getContainer(routerName(owner)).kill();
    expect((await ping(1)).received).toBe(0);
    await driver.stop(west.id, signal);
    await driver.start(west.id, signal);
    const answer = async (): Promise<number | undefined> => (await ping(2, "-i 0.1")).averageMs || undefined;
    expect(await waitFor(answer, { timeoutMs: 20_000, what: "the router" }, signal)).toBeGreaterThanOrEqual(
      30,
    );
  });

  test("a site that appears later is connected to those before it", async () => {
    const north = await driver.launch(claimOf(owner, "north", "a"), signal);
    for (const other of [east, west])
      await outputOf(other, ["ping", "-c", "1", "-W", "5", north.address], signal);
    await driver.destroy(north.id, signal);
  });

  test("an unknown site and an impossible rule are refused, with what is possible", async () => {
    const nowhere = setWan({ owner, from: "east", to: "mars", rule: {} }, signal);
    await expect(nowhere).rejects.toMatchObject({
      code: "no-such-line",
      hint: expect.stringContaining("west"),
    });
    await expect(set({ lossPercent: 120 })).rejects.toMatchObject({ code: "bad-wan-rule" });
    await expect(set({ delayMs: -1 })).rejects.toMatchObject({ code: "bad-wan-rule" });
  });
});
