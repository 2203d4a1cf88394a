import { describe, expect, test } from "@jest/globals";
import { RetryableError } from "../../core/errors.ts";
import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import { FakeWorld, type FakeOptions } from "./fake-world.ts";
import { run } from "./run.ts";

async function switched(options: FakeOptions = {}): Promise<FakeWorld> {
  const world = await FakeWorld.protected(options);
  await run(switchoverWorkflow, await planSwitchover(world), world);
  return world;
}

/** A standby that is a minute behind until a time. */
async function lagging(): Promise<{ world: FakeWorld; lag: { until: number } }> {
  const world = await FakeWorld.protected();
  const lag = { until: Infinity };
  world.link = (name) => {
    const link = FakeWorld.prototype.link.call(world, name);
    const status: typeof link.status = async (signal) => {
      const seen = await link.status(signal);
      return seen && { ...seen, lagSeconds: world.clock.now() < lag.until ? 60 : 0.1 };
    };
    return { ...link, status };
  };
  return { world, lag };
}

describe("a switchover", () => {
  test("leaves one writable database, the new one, under the next epoch", async () => {
    const world = await switched();
    expect(world.authority).toEqual({ epoch: 2, writer: "west" });
    expect([world.site("east").writable, world.site("west").writable]).toEqual([false, true]);
    expect(world.site("west").epoch).toBe(2);
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      standbySite: "east",
      epoch: 2,
      copied: true,
    });
  });

  test("loses nothing that was on its way when it began", async () => {
    const world = await switched({ inFlight: 3 });
    expect(world.site("west").history).toEqual(world.site("east").history);
  });

  test("sends the traffic over and lets waiting requests go on", async () => {
    const world = await switched();
    expect(world.held).toBe(false);
    expect(world.pool.filter(({ state }) => state === "ready").map(({ site }) => site)).toEqual([
      "west",
      "west",
    ]);
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("makes the old primary follow from the position of the promotion", async () => {
    const world = await switched();
    expect(world.site("east").link).toMatchObject({
      state: "streaming",
      order: { stream: "petclinic/db/2", from: "west", begin: "stream" },
    });
    world.commit("west");
    expect(world.site("east").history).toEqual(world.site("west").history);
  });

  test("there and back again ends where it began, two epochs later", async () => {
    const world = await switched();
    world.commit("west");
    await run(switchoverWorkflow, await planSwitchover(world), world);
    expect(world.authority).toEqual({ epoch: 3, writer: "east" });
    expect(world.site("east").history).toEqual(world.site("west").history);
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("waits for a standby that lags, and begins when it has caught up", async () => {
    const { world, lag } = await lagging();
    const before = world.clock.now();
    lag.until = before + 20_000;
    await run(switchoverWorkflow, await planSwitchover(world), world);
    expect(world.clock.now() - before).toBeGreaterThanOrEqual(20_000);
    expect(world.authority).toEqual({ epoch: 2, writer: "west" });
  });

  test("is refused when the standby still lags after a minute", async () => {
    const { world } = await lagging();
    const before = world.snapshot();
    const plan = await planSwitchover(world);
    await expect(run(switchoverWorkflow, plan, world)).rejects.toThrow("60.0 s behind");
    expect(world.snapshot()).toEqual(before);
  });

  test("takes everything back when the standby does not get there in time", async () => {
    const world = await FakeWorld.protected();
    const before = world.snapshot();
    const plan = await planSwitchover(world);
    world.link = (name) => ({
      ...FakeWorld.prototype.link.call(world, name),
      reach: async () => Promise.reject(new Error("too slow")),
    });
    await expect(run(switchoverWorkflow, plan, world)).rejects.toThrow("too slow");
    expect(world.snapshot()).toEqual(before);
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("asks once more where a connection is lost while requests wait", async () => {
    const world = await FakeWorld.protected();
    const lost = new Set<string>();
    world.database = (name) => {
      const database = FakeWorld.prototype.database.call(world, name);
      const onceLost = <T>(call: string, answer: Promise<T>): Promise<T> =>
        lost.size === lost.add(`${name} ${call}`).size
          ? answer
          : Promise.reject(new RetryableError("unreachable", "the connection is lost"));
      return {
        ...database,
        freeze: (signal) => onceLost("freeze", database.freeze(signal)),
        undecided: (signal) => onceLost("undecided", database.undecided(signal)),
        checkpoint: (signal) => onceLost("checkpoint", database.checkpoint(signal)),
      };
    };
    await run(switchoverWorkflow, await planSwitchover(world), world);
    expect(world.authority.writer).toBe("west");
    expect(lost).toEqual(new Set(["east undecided", "east freeze", "west checkpoint"]));
  });

  test("is refused while XA has left something undecided at the primary", async () => {
    const world = await FakeWorld.protected();
    world.site("east").undecided = ["X'61',X'',1"];
    const before = world.snapshot();
    await expect(run(switchoverWorkflow, await planSwitchover(world), world)).rejects.toMatchObject({
      faults: [{ path: "undecided", remedy: "decide: hotsite replication undecided" }],
    });
    expect(world.snapshot()).toEqual(before);
  });

  test("takes everything back when something is undecided at the frozen primary", async () => {
    const world = await FakeWorld.protected();
    const plan = await planSwitchover(world);
    const before = world.snapshot();
    world.database = (name) => {
      const database = FakeWorld.prototype.database.call(world, name);
      const undecided = async () => (world.site("east").writable ? [] : ["X'61',X'',1"]);
      return { ...database, undecided };
    };
    await expect(run(switchoverWorkflow, plan, world)).rejects.toMatchObject({ code: "undecided" });
    expect(world.snapshot()).toEqual(before);
  });

  test("rolls back what a person gives up, before the old primary follows", async () => {
    const world = await FakeWorld.protected();
    world.site("east").undecided = ["X'61',X'',1"];
    await run(switchoverWorkflow, await planSwitchover(world, { skip: ["undecided"] }), world);
    expect(world.site("east").undecided).toEqual([]);
    expect(world.authority.writer).toBe("west");
  });

  test("promotes nobody when the standby's database contradicts its checkpoint", async () => {
    const world = await FakeWorld.protected();
    const before = world.snapshot();
    const plan = await planSwitchover(world);
    world.database = (name) => ({
      ...FakeWorld.prototype.database.call(world, name),
      checkpoint: async () => ({ stream: "petclinic/db/1", epoch: 1, sequence: 9, position: "1-101-9" }),
    });
    await expect(run(switchoverWorkflow, plan, world)).rejects.toMatchObject({ code: "not-caught-up" });
    expect(world.snapshot()).toEqual(before);
  });

  test("tells every guard that does not hold at once, before anything is touched", async () => {
    const world = await FakeWorld.protected();
    const plan = await planSwitchover(world);
    world.site("west").writable = true;
    world.site("west").link!.state = "stopped";
    world.authority = { epoch: 4, writer: "west" };
    const before = world.snapshot();
    await expect(run(switchoverWorkflow, plan, world)).rejects.toMatchObject({
      code: "preflight",
      faults: [{ path: "authority" }, { path: "target" }, { path: "link" }],
    });
    expect(world.snapshot()).toEqual(before);
  });

  test("starts a warm web tier before requests wait, and stops the one left behind", async () => {
    const world = await switched({ standby: "warm" });
    expect([world.site("east").web, world.site("west").web]).toEqual([false, true]);
  });

  test("starts a web tier that needs a writable database after the promotion", async () => {
    const world = await switched({ standby: "warm", needsWritable: true });
    expect(world.site("west").web).toBe(true);
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("does not even try before the promotion when the application says that it needs that", async () => {
    const world = await switched({ standby: "warm", needsWritable: true, saysSo: true });
    expect(world.site("west").web).toBe(true);
    expect(world.failedStarts).toBe(0);
  });

  test("refuses a site that is not the standby", async () => {
    const world = await FakeWorld.protected();
    await expect(planSwitchover(world, { to: "east" })).rejects.toMatchObject({
      code: "no-standby",
      hint: "nothing to do: east is the primary already",
    });
  });
});
