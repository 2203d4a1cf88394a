import { describe, expect, test } from "@jest/globals";
import { freshFacts, type Facts } from "../../lifecycle/facts.ts";
import { stateOf, type Observed, type StateName } from "../../failover/state.ts";

const facts: Facts = { ...freshFacts("east", "west"), epoch: 3, copied: true };
const link = { stream: "petclinic/db/3", epoch: 3, state: "streaming", lagSeconds: 0.3 } as const;
const failover = {
  atMs: 1,
  from: "west",
  to: "east",
  epoch: 3,
  applied: "",
  automatic: false,
  undecided: [],
  lossWithinSeconds: null,
};
const well: Observed = {
  operation: undefined,
  authority: { epoch: 3, writer: "east" },
  link,
  writable: ["east"],
  maxLagSeconds: 5,
};

describe("the displayed state", () => {
  test.each<[string, Facts | undefined, Partial<Observed>, StateName]>([
    ["nothing was ever protected", undefined, {}, "UNPROTECTED"],
    ["the first copy runs", { ...facts, copied: false }, {}, "PROTECTING"],
    ["the first reprotect runs", facts, { operation: "reprotect" }, "PROTECTING"],
    ["all is well", facts, {}, "PROTECTED"],
    ["a switchover runs", facts, { operation: "switchover" }, "SWITCHING-OVER"],
    [
      "a failover runs",
      facts,
      { operation: "failover", authority: { epoch: 3, writer: null } },
      "FAILING-OVER",
    ],
    ["the other site was lost", { ...facts, failover }, { link: undefined }, "FAILED-OVER"],
    ["the lost site is made a standby", { ...facts, failover }, { operation: "reprotect" }, "REPROTECTING"],
    [
      "a drill runs",
      { ...facts, drill: { id: "d", kind: "switchover", site: "east", startedMs: 1 } },
      {},
      "DRILLING",
    ],
    ["both databases are writable", facts, { writable: ["east", "west"] }, "DIVERGED"],
    [
      "both are writable, even in the middle of a drill",
      { ...facts, drill: { id: "d", kind: "switchover", site: "east", startedMs: 1 } },
      { writable: ["east", "west"] },
      "DIVERGED",
    ],
    ["the wrong database is writable", facts, { writable: ["west"] }, "DIVERGED"],
    ["the primary's database takes no writes", facts, { writable: [] }, "DEGRADED"],
    ["the gateway does not answer", facts, { link: undefined }, "DEGRADED"],
    ["the standby's database hangs", facts, { silent: ["west"] }, "DEGRADED"],
    ["the link stopped", facts, { link: { ...link, state: "failed", problem: "gap" } }, "DEGRADED"],
    ["the standby lags", facts, { link: { ...link, lagSeconds: 60 } }, "DEGRADED"],
    ["the lag is not known", facts, { link: { ...link, lagSeconds: undefined } }, "DEGRADED"],
    ["the witness does not answer", facts, { authority: undefined }, "DEGRADED"],
    ["the witness lets nobody write", facts, { authority: { epoch: 3, writer: null } }, "DEGRADED"],
    [
      "roles were changed from elsewhere",
      facts,
      { authority: { epoch: 4, writer: "west" }, writable: ["west"] },
      "DEGRADED",
    ],
  ])("%s", (_name, known, change, name) => {
    const state = stateOf(known, { ...well, ...change });
    expect(state.name).toBe(name);
    expect(state.reason === "").toBe(name === "PROTECTED");
  });

  test("says of a change of primary that failed in the middle how to go on, or to give it up", () => {
    const { reason, next } = stateOf(facts, { ...well, operation: "switchover", stuck: true });
    expect(reason).toBe("switchover failed in the middle, and could neither be finished nor taken back");
    expect(next).toContain("hotsite resume --abandon");
  });
});
