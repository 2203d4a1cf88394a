import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { drill, type DrillOptions } from "../../failover/drill.ts";
import { recoverFromDrill } from "../../failover/drill-recover.ts";
import { detectAndPlan } from "../../failover/failover.ts";
import { FakeWorld, forever } from "./fake-world.ts";
import { hostFor } from "./run.ts";

const powerOff: DrillOptions = { kind: "site-power-off", configSha256: "c0ffee" };
const switchover: DrillOptions = { kind: "switchover", configSha256: "c0ffee" };

describe("a drill that powers the primary's site off", () => {
  test("measures the outage, counts the loss twice over, and ends protected with the roles swapped", async () => {
    const world = await FakeWorld.protected({ inFlight: 3 });
    const report = await drill(world, powerOff, hostFor(world), forever);
    expect(report.problems).toEqual([]);
    expect(report.result).toBe("passed");
    expect(report.numbers).toMatchObject({
      lostTransactions: 3,
      lostByGtid: 3,
      duplicatedTransactions: 0,
      rowsDiffering: 0,
      switchoverFailedRequests: null,
    });
    expect(report.numbers.rtoClientSeconds).toBeGreaterThan(4);
    expect(report.numbers.rtoClientSeconds).toBeLessThan(12);
    expect(report.verdict?.kind).toBe("primary-down");
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      failover: null,
      copied: true,
      drill: null,
      lastDrill: { result: "passed" },
    });
  });

  test("tells the story in order, counted from the fault", async () => {
    const world = await FakeWorld.protected();
    const { timeline, faultMs } = await drill(world, powerOff, hostFor(world), forever);
    expect(timeline.map(({ atMs }) => atMs)).toEqual(
      timeline.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
    expect(timeline.map(({ label }) => label)).toEqual(
      expect.arrayContaining([
        "power off east",
        "verdict: primary-down",
        "fence confirmed",
        "west promoted, epoch 2",
        "client: stable",
        "east is a standby again",
      ]),
    );
    expect(timeline.find(({ label }) => label === "power off east")?.atMs).toBe(faultMs);
  });

  test("fails its objective when more was lost than is allowed", async () => {
    const world = await FakeWorld.protected({ inFlight: 9 });
    const report = await drill(world, powerOff, hostFor(world), forever);
    expect(report.result).toBe("failed");
    expect(report.objectives.find(({ name }) => name === "Confirmed transactions lost")).toMatchObject({
      measured: "9",
      objective: "at most 5",
      outcome: "fail",
    });
  });

  test("brings the site back, and says so, when the failover fails", async () => {
    const world = await FakeWorld.protected();
    const host = hostFor(world);
    host.run = async () => Promise.reject(new Error("the gateway is out of memory"));
    const report = await drill(world, powerOff, host, forever);
    expect(report.problems).toEqual(["the gateway is out of memory", "east serves as before"]);
    expect(report.result).toBe("failed");
    expect(report.client.outage?.stableMs).toBeDefined();
    expect(report.numbers).toMatchObject({
      rtoClientSeconds: null,
      lostTransactions: null,
      lostByGtid: null,
      rowsDiffering: null,
    });
    expect(report.objectives.filter(({ outcome }) => outcome === "pass")).toEqual([]);
    expect(await world.ask()).toMatchObject({ ok: true });
    expect((await world.facts()).drill).toBeNull();
  });

  test("makes the old site a standby all the same when it is cancelled after the failover", async () => {
    const world = await FakeWorld.protected();
    const host = hostFor(world);
    const cancelled = new AbortController();
    const real = host.run;
    host.run = async (workflow, input, signal) => {
      const record = await real(workflow, input, signal);
      if (workflow.name === "failover") cancelled.abort(new Error("interrupted"));
      return record;
    };
    const report = await drill(world, powerOff, host, cancelled.signal);
    expect(report.problems).toEqual(["interrupted", "west serves, east is its standby again"]);
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      failover: null,
      copied: true,
      drill: null,
    });
  });

  test("finishes what can only go forward when it is cancelled in the middle of the failover", async () => {
    const world = await FakeWorld.protected();
    const cancelled = new AbortController();
    const { promote } = world.database("west");
    const database = (site: string) => FakeWorld.prototype.database.call(world, site);
    world.database = (site) => ({
      ...database(site),
      promote: async (epoch, signal) => {
        if (site === "west") cancelled.abort(new Error("interrupted"));
        signal.throwIfAborted();
        return promote(epoch, signal);
      },
    });
    const report = await drill(world, powerOff, hostFor(world), cancelled.signal);
    expect(report.result).toBe("failed");
    expect(report.problems.at(-1)).toBe("west serves, east is its standby again");
    expect(await world.facts()).toMatchObject({
      activeSite: "west",
      failover: null,
      copied: true,
      drill: null,
    });
    expect(await world.ask()).toMatchObject({ ok: true });
  });

  test("does not touch anything unless the application is protected and answers", async () => {
    const world = await FakeWorld.protected();
    world.site("west").link!.state = "stopped";
    world.pool = [];
    const before = world.snapshot();
    await expect(drill(world, powerOff, hostFor(world), forever)).rejects.toMatchObject({
      code: "preflight",
      faults: [{ path: "client" }, { path: "protected" }],
    });
    expect(world.snapshot()).toEqual(before);
  });

  test("refuses to power off the standby and call that a rehearsal", async () => {
    const world = await FakeWorld.protected();
    await expect(drill(world, { ...powerOff, site: "west" }, hostFor(world), forever)).rejects.toMatchObject({
      code: "not-primary",
    });
  });
});

describe("a drill that switches over", () => {
  test("counts failed requests and lost writes of a planned change: none", async () => {
    const world = await FakeWorld.protected({ inFlight: 2 });
    const report = await drill(world, switchover, hostFor(world), forever);
    expect(report.problems).toEqual([]);
    expect(report.numbers).toMatchObject({
      switchoverLostTransactions: 0,
      lostTransactions: 0,
      lostByGtid: null,
      duplicatedTransactions: 0,
      rowsDiffering: 0,
      rtoClientSeconds: null,
    });
    expect(report.numbers.writeGapSeconds).toBeGreaterThanOrEqual(0);
    expect(report.epochs.map(({ epoch, writer }) => `${epoch} ${writer}`)).toEqual(["1 east", "2 west"]);
  });
});

describe("the report", () => {
  test("is written as data and as a page, and names the one before", async () => {
    const world = await FakeWorld.protected();
    const first = await drill(world, switchover, hostFor(world), forever);
    const { lastDrill } = await world.facts();
    const second = await drill(world, switchover, hostFor(world), forever);
    expect(second.previous).toEqual({ report: lastDrill?.report, sha256: lastDrill?.sha256 });
    expect(JSON.parse(await readFile(`${world.reportsFolder}/${first.id}.json`, "utf8"))).toEqual(
      JSON.parse(JSON.stringify(first)),
    );
    expect(await readFile(lastDrill!.report, "utf8")).toContain("write gap");
  });
});

describe("a failover that a person asks for", () => {
  test("is planned with the verdict that detection reaches", async () => {
    const world = await FakeWorld.protected();
    world.site("east").power = "off";
    expect((await detectAndPlan(world, {}, forever)).verdict).toMatchObject({
      kind: "primary-down",
      actionable: true,
    });
  });

  test("has no verdict when the primary works, and does not look when it need not", async () => {
    const world = await FakeWorld.protected();
    expect((await detectAndPlan(world, {}, forever)).verdict).toBeNull();
    world.probe = () => Promise.reject(new Error("looked"));
    expect((await detectAndPlan(world, { skip: ["verdict"] }, forever)).verdict).toBeNull();
  });
});

describe("recovering from a drill whose process was killed", () => {
  test("powers the primary on again when nothing had been promoted", async () => {
    const world = await FakeWorld.protected();
    await world.putFacts({
      ...(await world.facts()),
      drill: { id: "x", kind: "site-power-off", site: "east", startedMs: 1 },
    });
    world.site("east").power = "off";
    expect(await recoverFromDrill(world, hostFor(world), forever)).toBe("east serves as before");
    expect((await world.facts()).drill).toBeNull();
  });
});
