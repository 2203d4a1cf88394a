import { describe, expect, test } from "@jest/globals";
import { classify, defaultRules, judge, type Sample, type VerdictKind } from "../../failover/detect.ts";
import type { Probe } from "../../failover/world.ts";

const sees: Probe = { control: true, database: "answers", site: true };
const nothing: Probe = { control: true, database: "silent", site: false };
const cutOff: Probe = { control: false, database: "silent", site: false };
const killed: Probe = { control: true, database: "refuses", site: true };
const hangs: Probe = { control: true, database: "silent", site: true };
const busy: Probe = { control: true, database: "busy", site: true };

function sample(change: Partial<Sample> = {}, edge = sees, west: Probe | undefined = sees): Sample {
  return {
    atMs: 0,
    probes: { edge, west },
    replicationSilentMs: 800,
    members: { healthy: 2, total: 2 },
    witness: true,
    power: "on",
    ...change,
  };
}

const silent = { replicationSilentMs: 9000, members: { healthy: 0, total: 2 } };

describe("one look", () => {
  test.each<[string, Sample, VerdictKind | undefined]>([
    ["all is well", sample(), undefined],
    ["power off", sample({ ...silent, power: "off" }, nothing, nothing), "primary-down"],
    [
      "power off, and the cloud does not answer",
      sample({ ...silent, power: "unknown" }, nothing, nothing),
      "primary-down",
    ],
    ["kill -9 of the database", sample(silent, killed, killed), "primary-down"],
    ["the database hangs (SIGSTOP)", sample(silent, hangs, hangs), "primary-down"],
    [
      "a dead database seen by the balancer alone",
      sample({ ...silent, replicationSilentMs: undefined }, killed, killed),
      "primary-down",
    ],
    [
      "disk full: it answers but commits nothing",
      sample({ replicationSilentMs: 9000 }),
      "replication-stalled",
    ],
    ["connections exhausted", sample({}, busy, busy), "overloaded"],
    ["5 s of latency: probes time out, replication flows", sample({}, nothing, nothing), "overloaded"],
    [
      "one-way partition: only the standby's site is blind",
      sample({ replicationSilentMs: 9000 }, sees, nothing),
      "primary-unreachable",
    ],
    [
      "only the edge is blind",
      sample({ members: { healthy: 0, total: 2 } }, nothing, sees),
      "primary-unreachable",
    ],
    ["A|BC: the whole site is cut off but runs", sample(silent, nothing, nothing), "site-isolated"],
    [
      "AB|C: the edge is cut off from both",
      sample({ witness: false, members: undefined }, cutOff, sees),
      "witness-lost",
    ],
    [
      "the standby's site is cut off from everything",
      sample({ replicationSilentMs: undefined }, sees, cutOff),
      undefined,
    ],
    ["every observer is cut off", sample({ ...silent, witness: false }, cutOff, cutOff), "observer-isolated"],
    [
      "no observer can be asked",
      { ...sample(silent), probes: { edge: undefined, west: undefined } },
      "observer-isolated",
    ],
    [
      "one observer is blind and the other cannot be asked",
      { ...sample(silent), probes: { edge: nothing, west: undefined } },
      "primary-unreachable",
    ],
    [
      "two are blind but the data path says nothing",
      sample({ replicationSilentMs: undefined, members: undefined }, nothing, nothing),
      "primary-unreachable",
    ],
    [
      "the primary is down and so is the witness",
      sample({ ...silent, witness: false }, killed, killed),
      "witness-lost",
    ],
    ["the witness alone is gone", sample({ witness: false }), "witness-lost"],
  ])("%s", (_name, seen, kind) => {
    expect(classify(seen, defaultRules)).toBe(kind);
  });

  test("a clock that is an hour off changes nothing, because silence is measured by one clock", () => {
    expect(classify(sample({ atMs: 3_600_000 }), defaultRules)).toBeUndefined();
  });
});

describe("a row of looks", () => {
  const down = sample(silent, killed, killed);
  const row = (...looks: readonly Sample[]) => looks.map((look, index) => ({ ...look, atMs: index * 1000 }));

  test("a blip shorter than the sustained time gives no verdict", () => {
    expect(judge(row(sample(), down, down, down))).toBeUndefined();
    expect(judge(row(down, down, down, down, sample()))).toBeUndefined();
    expect(judge(row(down, down, down, sample(), down, down))).toBeUndefined();
  });

  test("the verdict says since when, what and why", () => {
    const verdict = judge(row(sample(), down, down, down, down, down));
    expect(verdict).toMatchObject({ kind: "primary-down", actionable: true, suspectMs: 1000, atMs: 5000 });
    expect(verdict?.evidence).toContain("west: database refuses, site answers");
    expect(verdict?.evidence).toContain("replication: last word 9.0 s ago");
  });

  test("looks that only grow certain over time count from the first dark one", () => {
    const unsure = sample({}, nothing, nothing);
    const sure = sample({ ...silent, power: "off" }, nothing, nothing);
    expect(judge(row(sample(), unsure, unsure, sure, sure, sure))).toMatchObject({
      kind: "primary-down",
      suspectMs: 1000,
    });
  });

  test("a long trouble of another kind does not shorten the wait for an outage", () => {
    const stalled = sample({ replicationSilentMs: 9000 });
    const looks = [...Array.from({ length: 8 }, () => stalled), down, down, down];
    expect(judge(row(...looks))).toBeUndefined();
    expect(judge(row(...looks.slice(0, 8)))).toMatchObject({
      kind: "replication-stalled",
      actionable: false,
    });
  });

  test("a picture that changes from look to look is not acted upon", () => {
    const partial = sample(silent, sees, nothing);
    expect(judge(row(down, down, down, down, partial, down))).toBeUndefined();
  });

  test("from fault to verdict it takes less than 10 s, also when every look takes 2 s", () => {
    const faultMs = 0;
    const looks = Array.from({ length: 5 }, (_, index) => ({ ...down, atMs: faultMs + 3000 + index * 2000 }));
    const verdict = looks
      .map((_, index) => judge(looks.slice(0, index + 1)))
      .find((found) => found !== undefined);
    expect((verdict?.atMs ?? Infinity) - faultMs).toBeLessThan(10_000);
  });
});
