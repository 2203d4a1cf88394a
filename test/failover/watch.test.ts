import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import type { Verdict } from "../../failover/detect.ts";
import { observer, watch } from "../../failover/watch.ts";
import { FakeWorld, forever } from "./fake-world.ts";

const target = { primary: "east", standby: "west" };

describe("watching", () => {
  test("finds a site without power within 10 s", async () => {
    const world = await FakeWorld.protected();
    const faultMs = world.clock.now();
    world.site("east").power = "off";
    const verdict = await watch(world, target, {}, forever);
    expect(verdict).toMatchObject({ kind: "primary-down", actionable: true });
    expect(verdict.atMs - faultMs).toBeLessThan(10_000);
  });

  test("says nothing while transactions arrive and everybody answers, until it is told to end", async () => {
    const world = await FakeWorld.protected();
    const ended = new AbortController();
    const told: (Verdict | undefined)[] = [];
    const watching = watch(world, target, { onChange: (verdict) => told.push(verdict) }, ended.signal);
    for (let second = 0; second < 20; second += 1) {
      world.commit("east");
      await world.clock.sleep(1000, forever);
    }
    ended.abort(new Error("enough"));
    await expect(watching).rejects.toThrow("enough");
    expect(told).toEqual([]);
  });

  test("reports a trouble that does not justify a failover, and its end, without acting", async () => {
    const world = await FakeWorld.protected();
    const ended = new AbortController();
    const told: (string | undefined)[] = [];
    const watching = watch(world, target, { onChange: (verdict) => told.push(verdict?.kind) }, ended.signal);
    const heart = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        world.commit("east");
        await world.clock.sleep(1000, forever);
      }
    };
    world.witnessAnswers = false;
    await heart(10);
    world.witnessAnswers = true;
    await heart(3);
    ended.abort(new Error("enough"));
    await expect(watching).rejects.toThrow("enough");
    expect(told).toEqual(["witness-lost", undefined]);
  });

  test("takes an observer that hangs for one that could not be asked", async () => {
    const world = await FakeWorld.protected();
    world.probe = async (_place: string, _site: string, signal?: AbortSignal) => {
      await once(signal ?? forever, "abort");
      throw new Error("late");
    };
    const look = observer(world, target, { intervalMs: 10, suspectAfter: 3, sustainMs: 40, silentMs: 30 });
    expect((await look(forever)).probes).toEqual({ edge: undefined, west: undefined });
  });
});
