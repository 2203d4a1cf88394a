import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Balancer, Member } from "../../core/balancer.ts";
import { waitFor } from "../../core/wait.ts";
import { ask, startBackend, type Backend } from "./haproxy-process.ts";

/** A balancer under test and the port where it serves. */
export interface UnderTest extends AsyncDisposable {
  readonly balancer: Balancer;
  readonly port: number;
  /** Kills the balancer's process and starts it again. */
  restart(): Promise<void>;
}

/** What every `Balancer` does. */
export function describeBalancer(name: string, open: () => Promise<UnderTest>): void {
  describe(`${name}: the balancer contract`, () => {
    const signal = AbortSignal.timeout(300_000);
    let proxy: UnderTest;
    let east: Backend;
    let west: Backend;
    beforeAll(async () => {
      [proxy, east, west] = await Promise.all([
        open(),
        startBackend("east/web-1"),
        startBackend("west/web-1"),
      ]);
    });
    afterAll(async () => {
      await Promise.all([proxy, east, west].map((part) => part[Symbol.asyncDispose]()));
    });
    beforeEach(async () => {
      await proxy.balancer.release(signal);
      await proxy.balancer.apply([east.member, off(west.member)], signal);
    });

    test("a pool that was applied is the pool, and gets the traffic at once", async () => {
      expect(await proxy.balancer.members(signal)).toEqual([east.member, off(west.member)]);
      expect((await ask(proxy.port, "/")).body).toBe("east/web-1 0");
      await proxy.balancer.apply([off(east.member), west.member], signal);
      expect((await ask(proxy.port, "/")).body).toBe("west/web-1 0");
    });

    test("applying the same pool again changes nothing", async () => {
      await proxy.balancer.apply([east.member, off(west.member)], signal);
      await proxy.balancer.apply([east.member, off(west.member)], signal);
      expect((await ask(proxy.port, "/")).body).toBe("east/web-1 0");
    });

    test("a restart of the balancer keeps the pool", async () => {
      await proxy.balancer.apply([off(east.member), west.member], signal);
      await proxy.restart();
      for (let n = 0; n < 4; n += 1) expect((await ask(proxy.port, "/")).body).toBe("west/web-1 0");
      expect(await proxy.balancer.members(signal)).toEqual([off(east.member), west.member]);
    });

    test("members come and go", async () => {
      await using third = await startBackend("east/web-2");
      await proxy.balancer.apply([third.member], signal);
      expect(await proxy.balancer.members(signal)).toEqual([third.member]);
      for (let n = 0; n < 4; n += 1) expect((await ask(proxy.port, "/")).body).toBe("east/web-2 0");
      await proxy.balancer.apply([], signal);
      expect((await ask(proxy.port, "/")).status).toBe(503);
    });

    test("a drained member finishes what it has and gets nothing new, also not from a client that sticks to it", async () => {
      await proxy.balancer.apply([east.member, west.member], signal);
      const { cookie } = await visit(proxy.port, "east/web-1");
      const slow = ask(proxy.port, "/slow?ms=700", { cookie });
      await sessions(proxy.balancer, "east/web-1", 1);
      await proxy.balancer.drain(["east/web-1"], 5000, signal);
      expect(await slow).toMatchObject({ status: 200, body: "east/web-1 0" });
      for (let n = 0; n < 4; n += 1)
        expect((await ask(proxy.port, "/", { cookie })).body).toBe("west/web-1 0");
      expect(await proxy.balancer.members(signal)).toEqual([{ ...east.member, state: "drain" }, west.member]);
    });

    test("a member that keeps its sessions gets nobody new, and who sticks to it stays, until it is drained", async () => {
      await proxy.balancer.apply([east.member, west.member], signal);
      const { cookie } = await visit(proxy.port, "east/web-1");
      expect(await proxy.balancer.keepSessions(["east/web-1"], signal)).toBe(true);
      for (let n = 0; n < 4; n += 1) {
        expect((await ask(proxy.port, "/")).body).toBe("west/web-1 0");
        expect((await ask(proxy.port, "/", { cookie })).body).toBe("east/web-1 0");
      }
      await proxy.balancer.drain(["east/web-1"], 5000, signal);
      expect((await ask(proxy.port, "/", { cookie })).body).toBe("west/web-1 0");
      await proxy.balancer.apply([east.member, west.member], signal);
      await visit(proxy.port, "east/web-1");
    });

    test("draining gives up when requests do not end in time, and says so", async () => {
      const slow = ask(proxy.port, "/slow?ms=1000");
      await sessions(proxy.balancer, "east/web-1", 1);
      await expect(proxy.balancer.drain(["east/web-1"], 100, signal)).rejects.toMatchObject({
        code: "timeout",
        retryable: true,
      });
      expect((await slow).status).toBe(200);
    });

    test("draining an unknown member is an error", async () => {
      await expect(proxy.balancer.drain(["north/web-9"], 100, signal)).rejects.toMatchObject({
        code: "no-such-member",
      });
    });

    test("held requests wait, reach nobody, and go on with their bodies when released", async () => {
      await proxy.balancer.hold(10_000, signal);
      const before = east.requests;
      const waiting = [ask(proxy.port, "/"), ask(proxy.port, "/", { body: "x".repeat(300_000) })];
      const first = await Promise.race([
        ...waiting,
        new Promise<string>((resolve) => setTimeout(() => resolve("waits"), 300)),
      ]);
      expect(first).toBe("waits");
      expect(east.requests).toBe(before);
      await proxy.balancer.release(signal);
      expect((await Promise.all(waiting)).map(({ body }) => body)).toEqual([
        "east/web-1 0",
        "east/web-1 300000",
      ]);
    });

    test("a request that was held too long gets 503 instead of waiting for ever, and holding again starts anew", async () => {
      for (let n = 0; n < 2; n += 1) {
        await proxy.balancer.hold(300, signal);
        const start = performance.now();
        const { status } = await ask(proxy.port, "/");
        expect(status).toBe(503);
        expect(performance.now() - start).toBeGreaterThan(200);
      }
    });

    test("statistics tell state, health, requests in progress and requests answered", async () => {
      const before = await stat(proxy.balancer, "east/web-1");
      await ask(proxy.port, "/");
      expect(await stat(proxy.balancer, "east/web-1")).toEqual({
        ...{ name: "east/web-1", site: "east", state: "ready", healthy: true, sessions: 0 },
        requests: before.requests + 1,
      });
      expect(await stat(proxy.balancer, "west/web-1")).toMatchObject({ state: "off", sessions: 0 });
    });

    test("a member that fails its checks gets nothing until it works again", async () => {
      await proxy.balancer.apply([east.member, west.member], signal);
      east.healthy = false;
      await waitFor(
        async () => !(await stat(proxy.balancer, "east/web-1")).healthy || undefined,
        { timeoutMs: 10_000, what: "the failure to be seen" },
        signal,
      );
      for (let n = 0; n < 4; n += 1) expect((await ask(proxy.port, "/")).body).toBe("west/web-1 0");
      // Applying the pool is no word about health.
      await proxy.balancer.apply([east.member, west.member], signal);
      expect((await stat(proxy.balancer, "east/web-1")).healthy).toBe(false);
      east.healthy = true;
      await waitFor(
        async () => (await stat(proxy.balancer, "east/web-1")).healthy || undefined,
        { timeoutMs: 10_000, what: "the recovery to be seen" },
        signal,
      );
    });

    test("two members of one name are refused, and the pool stays as it was", async () => {
      await expect(proxy.balancer.apply([east.member, east.member], signal)).rejects.toMatchObject({
        code: "duplicate-member",
      });
      expect(await proxy.balancer.members(signal)).toEqual([east.member, off(west.member)]);
    });

    async function visit(port: number, name: string): Promise<{ cookie?: string }> {
      const look = async (): Promise<{ cookie?: string } | undefined> => {
        const answer = await ask(port, "/");
        return answer.body.startsWith(name) ? answer : undefined;
      };
      return waitFor(look, { timeoutMs: 5000, intervalMs: 5, what: name }, signal);
    }

    async function sessions(balancer: Balancer, member: string, count: number): Promise<void> {
      const look = async (): Promise<true | undefined> =>
        (await stat(balancer, member)).sessions === count || undefined;
      await waitFor(
        look,
        { timeoutMs: 5000, intervalMs: 10, what: `${count} requests at ${member}` },
        signal,
      );
    }

    async function stat(
      balancer: Balancer,
      member: string,
    ): Promise<Awaited<ReturnType<Balancer["stats"]>>[number]> {
      const found = (await balancer.stats(signal)).find((one) => one.name === member);
      if (found === undefined) throw new Error(`no statistics of ${member}`);
      return found;
    }
  });
}

export function off(member: Member): Member {
  return { ...member, state: "off" };
}
