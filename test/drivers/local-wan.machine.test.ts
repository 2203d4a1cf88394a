import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { Machine } from "../../core/driver.ts";
import { waitFor } from "../../core/wait.ts";
import { LocalDriver } from "../../drivers/local/driver.ts";
import { openEngine } from "../../drivers/local/engine.ts";
import { routerName } from "../../drivers/local/names.ts";
import { getWan, perfectLine, setWan, type WanRule } from "../../drivers/local/wan.ts";
import { claimOf, newOwner } from "./claim.ts";
import { leftovers } from "./leftovers.ts";
import { outputOf, removeAll, scriptOn } from "./lab.ts";

jest.setTimeout(120_000);

describe("the WAN between local sites", () => {
  const driver = new LocalDriver();
  const owner = newOwner();
  let east: Machine;
  let west: Machine;
  let signal: AbortSignal;

  beforeAll(async () => {
    const begin = AbortSignal.timeout(600_000);
    const launch = (site: string): Promise<Machine> => driver.launch(claimOf(owner, site, "a"), begin);
    [east, west] = await Promise.all([launch("east"), launch("west")]);
  }, 600_000);

  afterAll(async () => {
    await removeAll(driver, owner);
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
    const docker = await openEngine(signal);
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
