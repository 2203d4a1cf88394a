import { describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { renderHaproxyConfig } from "../../lb/haproxy-config.ts";
import { describeBalancer, off } from "./contract.ts";
import { ask, startBackend, startLoad, startProxy } from "./haproxy-process.ts";

const signal = AbortSignal.timeout(300_000);

describeBalancer("HAProxy", async () => {
  const proxy = await startProxy();
  return {
    balancer: proxy.balancer,
    port: proxy.options.port,
    restart: () => proxy.restart(),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
});

describe("HAProxy", () => {
  test("a switch between sites under load fails no request", async () => {
    await using east = await startBackend("east/web-1");
    await using west = await startBackend("west/web-1");
    await using proxy = await startProxy();
    const { balancer } = proxy;
    await balancer.apply([east.member, off(west.member)], signal);
    const load = startLoad(proxy.options.port, 20);
    await ask(proxy.options.port, "/slow?ms=300");
    const took: number[] = [];
    for (const [from, to] of [
      [east, west],
      [west, east],
      [east, west],
    ] as const) {
      const start = performance.now();
      await balancer.hold(5000, signal);
      await balancer.drain([from.member.name], 3000, signal);
      const before = from.requests;
      await balancer.apply([off(from.member), to.member], signal);
      expect(from.requests).toBe(before);
      await balancer.release(signal);
      took.push(performance.now() - start);
      await ask(proxy.options.port, "/slow?ms=300");
      expect(from.requests).toBe(before);
    }
    const { answers, failures, longestMs } = await load.stop();
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(200);
    expect(longestMs).toBeLessThan(3000);
    console.info(
      JSON.stringify({ answers, longestMs: Math.round(longestMs), switchMs: took.map(Math.round) }),
    );
  }, 60_000);

  test("new members come in under load without a failed request", async () => {
    await using one = await startBackend("east/web-1");
    await using two = await startBackend("east/web-2");
    await using proxy = await startProxy();
    await proxy.balancer.apply([one.member], signal);
    const load = startLoad(proxy.options.port, 10);
    await proxy.balancer.apply([one.member, two.member], signal);
    await ask(proxy.options.port, "/slow?ms=300");
    expect(two.requests).toBeGreaterThan(0);
    await proxy.balancer.drain([one.member.name], 3000, signal);
    await proxy.balancer.apply([two.member], signal);
    expect((await load.stop()).failures).toEqual([]);
  }, 60_000);

  test("the pool of a fresh installation is that of its configuration", async () => {
    await using east = await startBackend("east/web-1");
    await using west = await startBackend("west/web-1");
    await using proxy = await startProxy([east.member, off(west.member)]);
    expect(await proxy.balancer.members(signal)).toEqual([east.member, off(west.member)]);
    expect((await ask(proxy.options.port, "/")).body).toBe("east/web-1 0");
  });

  test("an older configuration that is put back does not bring the old site back", async () => {
    await using east = await startBackend("east/web-1");
    await using west = await startBackend("west/web-1");
    const installed = [east.member, off(west.member)];
    await using proxy = await startProxy(installed);
    await proxy.balancer.apply([off(east.member), west.member], signal);
    await writeFile(proxy.options.paths.config, renderHaproxyConfig(proxy.options, installed));
    await proxy.restart();
    // Let in by the state file, it serves after its first good check.
    await proxy.balancer.stats(signal);
    const answers = new Set<string>();
    const end = performance.now() + 2500;
    while (performance.now() < end && !answers.has("west/web-1 0"))
      answers.add((await ask(proxy.options.port, "/")).body);
    expect(answers).toContain("west/web-1 0");
    expect(answers).not.toContain("east/web-1 0");
  });

  test("two that change the pool at once do not undo each other's change", async () => {
    await using east = await startBackend("east/web-1");
    await using west = await startBackend("west/web-1");
    await using proxy = await startProxy();
    await proxy.balancer.apply([east.member, west.member], signal);
    const others = [proxy.another(), proxy.another()] as const;
    await Promise.all(others.map((other) => other.members(signal)));
    await Promise.all([
      others[0].drain(["east/web-1"], 1000, signal),
      others[1].drain(["west/web-1"], 1000, signal),
    ]);
    expect((await proxy.another().members(signal)).map(({ state }) => state)).toEqual(["drain", "drain"]);
  });

  test("a configuration that was replaced without a reload is noticed and loaded", async () => {
    await using east = await startBackend("east/web-1");
    await using west = await startBackend("west/web-1");
    await using proxy = await startProxy([east.member]);
    await writeFile(
      proxy.options.paths.config,
      renderHaproxyConfig(proxy.options, [east.member, west.member]),
    );
    const fresh = proxy.another();
    expect(await fresh.members(signal)).toHaveLength(2);
    await fresh.apply([off(east.member), west.member], signal);
    expect((await ask(proxy.options.port, "/")).body).toBe("west/web-1 0");
  });
});
