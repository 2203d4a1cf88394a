import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import type { Verdict } from "../../failover/detect.ts";
import { failoverWorkflow, planFailover } from "../../failover/failover.ts";
import { lossOf } from "../../failover/loss.ts";
import { planReprotect, reprotectWorkflow } from "../../failover/reprotect.ts";
import { FakeWorld, forever, type FakeOptions } from "./fake-world.ts";
import { run } from "./run.ts";

const verdict: Verdict = {
  kind: "primary-down",
  actionable: true,
  atMs: 2,
  suspectMs: 1,
  evidence: ["edge: database silent"],
};

/** East lost its power with three transactions that never left it, and west took over. */
async function failedOver(options: FakeOptions = { inFlight: 3 }): Promise<FakeWorld> {
  const world = await FakeWorld.protected();
  world.inFlight = options.inFlight ?? 0;
  for (let n = 0; n < 3; n += 1) world.commit("east");
  world.site("east").power = "off";
  await run(failoverWorkflow, await planFailover(world, { verdict }), world);
  return world;
}

describe("a failover", () => {
  test("fences, promotes and serves from the standby", async () => {
    const world = await failedOver();
    expect(world.authority).toEqual({ epoch: 2, writer: "west" });
    expect(world.site("west")).toMatchObject({ writable: true, epoch: 2 });
    expect(await world.ask()).toMatchObject({ ok: true });
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      epoch: 2,
      link: null,
      failover: { applied: "1-101-10" },
    });
  });

  test("keeps what XA had left undecided at the lost site, until that is a standby without it", async () => {
    const world = await FakeWorld.protected();
    world.site("east").undecided = ["X'61',X'',1"];
    world.site("east").power = "off";
    await run(failoverWorkflow, await planFailover(world, { verdict }), world);
    expect((await world.facts()).failover?.undecided).toMatchObject([{ xid: "X'61',X'',1" }]);
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect(world.site("east").undecided).toEqual([]);
  });

  test("is refused without a verdict unless a person says so", async () => {
    const world = await FakeWorld.protected();
    await expect(run(failoverWorkflow, await planFailover(world), world)).rejects.toMatchObject({
      faults: [{ path: "verdict" }],
    });
    await run(failoverWorkflow, await planFailover(world, { skip: ["verdict"] }), world);
    expect(world.authority.writer).toBe("west");
  });

  test("is not begun when detection only suspects", async () => {
    const world = await FakeWorld.protected();
    const partial: Verdict = { ...verdict, kind: "primary-unreachable", actionable: false };
    await expect(
      run(failoverWorkflow, await planFailover(world, { verdict: partial }), world),
    ).rejects.toMatchObject({ code: "preflight" });
  });

  test("promotes nobody while the fence is not confirmed, and gives the old primary back its right to write", async () => {
    const world = await FakeWorld.protected();
    const before = world.snapshot();
    world.staysOn.add("east");
    await expect(run(failoverWorkflow, await planFailover(world, { verdict }), world)).rejects.toMatchObject({
      code: "fence-unconfirmed",
    });
    expect(world.snapshot()).toEqual(before);
  });

  test("goes on without a confirmed fence only when a person names it", async () => {
    const world = await FakeWorld.protected();
    world.driverDown.add("east");
    await run(failoverWorkflow, await planFailover(world, { verdict, skip: ["fence"] }), world);
    expect(world.authority).toEqual({ epoch: 2, writer: "west" });
  });

  test("goes on where a change that was given up has left the right to write with nobody", async () => {
    const world = await FakeWorld.protected();
    world.authority = { epoch: 1, writer: null };
    await run(failoverWorkflow, await planFailover(world, { verdict }), world);
    expect(world.authority).toEqual({ epoch: 2, writer: "west" });
  });

  test("back to a site that was lost and follows nobody is refused, unless a person gives up what it lacks", async () => {
    const world = await failedOver();
    world.commit("west");
    world.site("west").power = "off";
    await world.power("east").on(forever);
    await expect(run(failoverWorkflow, await planFailover(world, { verdict }), world)).rejects.toMatchObject({
      faults: [{ path: "stream" }],
    });
    await run(failoverWorkflow, await planFailover(world, { verdict, skip: ["stream"] }), world);
    expect(world.authority).toEqual({ epoch: 3, writer: "east" });
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect((await lossOf(world, 3))?.transactions).toMatchObject([{ gtid: "2-102-1" }]);
  });

  test("never promotes a standby whose first copy is not complete", async () => {
    const world = await FakeWorld.protected();
    await world.putFacts({ ...(await world.facts()), copied: false });
    await expect(run(failoverWorkflow, await planFailover(world, { verdict }), world)).rejects.toMatchObject({
      faults: [{ path: "copy" }],
    });
  });

  test("by detection alone happens once; the second within the hour asks a person", async () => {
    const world = await FakeWorld.protected();
    await world.putFacts({ ...(await world.facts()), lastAutomaticMs: world.clock.now() - 600_000 });
    const plan = await planFailover(world, { verdict, automatic: true });
    await expect(run(failoverWorkflow, plan, world)).rejects.toMatchObject({
      faults: [{ path: "anti-flap" }],
    });
    await run(failoverWorkflow, { ...plan, automatic: false }, world);
    expect(world.authority.writer).toBe("west");
  });
});

describe("reprotect", () => {
  async function reprotected(): Promise<FakeWorld> {
    const world = await failedOver();
    world.commit("west");
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    return world;
  }

  test("makes the old primary an equal, read-only standby", async () => {
    const world = await reprotected();
    expect(world.site("east")).toMatchObject({
      power: "on",
      writable: false,
      link: { order: { begin: "copy", from: "west", stream: "petclinic/db/2" } },
    });
    expect(world.site("east").history).toEqual(world.site("west").history);
    expect(await world.facts()).toMatchObject({ copied: true, failover: null, activeSite: "west" });
  });

  test("keeps what only the old primary had, before its data is replaced", async () => {
    const world = await reprotected();
    const loss = await lossOf(world, 2);
    expect(loss).toMatchObject({ site: "east", after: "1-101-10", upTo: "1-101-13" });
    expect(loss?.transactions.map(({ gtid }) => gtid)).toEqual(["1-101-11", "1-101-12", "1-101-13"]);
    const file = JSON.parse(await readFile(`${world.reportsFolder}/lost-epoch-2.json`, "utf8"));
    expect(file).toEqual(loss);
  });

  test("freezes an old primary that came back writable", async () => {
    const world = await failedOver();
    Object.assign(world.site("east"), { power: "on", writable: true });
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect(world.site("east").writable).toBe(false);
  });

  test("takes a new epoch when the present one had a stream already", async () => {
    const world = await reprotected();
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect(world.authority).toEqual({ epoch: 3, writer: "west" });
    expect(world.site("east").link?.order.stream).toBe("petclinic/db/3");
  });

  test("protects for the first time as well", async () => {
    const world = new FakeWorld();
    world.authority = { epoch: 0, writer: null };
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect(world.authority).toEqual({ epoch: 1, writer: "east" });
    expect(await world.facts()).toMatchObject({
      activeSite: "east",
      standbySite: "west",
      epoch: 1,
      copied: true,
    });
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("replaces nothing uncounted where what only the old primary had cannot be read, unless a person says so", async () => {
    const world = await failedOver();
    Object.assign(world.site("east"), { power: "on", history: [] });
    const before = world.snapshot();
    await expect(run(reprotectWorkflow, await planReprotect(world, forever), world)).rejects.toMatchObject({
      code: "evidence",
      hint: expect.stringContaining("--force evidence"),
    });
    expect(world.snapshot()).toEqual(before);
    await run(reprotectWorkflow, await planReprotect(world, forever, ["evidence"]), world);
    expect(await lossOf(world, 2)).toBeUndefined();
    expect(world.site("east").history).toEqual(world.site("west").history);
  });

  test("follows the witness where roles were changed with another state folder, and keeps what only the other site has", async () => {
    const world = await FakeWorld.protected();
    const facts = await world.facts();
    world.inFlight = 2;
    for (let n = 0; n < 2; n += 1) world.commit("east");
    world.site("east").power = "off";
    await run(failoverWorkflow, await planFailover(world, { verdict }), world);
    await world.putFacts(facts);
    await run(reprotectWorkflow, await planReprotect(world, forever), world);
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      standbySite: "east",
      copied: true,
      epoch: 3,
    });
    expect((await lossOf(world, 2))?.transactions.map(({ gtid }) => gtid)).toEqual(["1-101-11", "1-101-12"]);
  });

  test("does nothing when somebody else became the primary meanwhile", async () => {
    const world = await failedOver();
    const plan = await planReprotect(world, forever);
    world.authority = { epoch: 7, writer: "east" };
    const before = world.snapshot();
    await expect(run(reprotectWorkflow, plan, world)).rejects.toMatchObject({ code: "not-primary" });
    expect(world.snapshot()).toEqual(before);
  });
});
