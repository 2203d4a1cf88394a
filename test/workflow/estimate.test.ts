import { describe, expect, test } from "@jest/globals";
import type { Step } from "../../core/workflow.ts";
import { z } from "zod";
import { estimate, usualTimes } from "../../workflow/estimate.ts";
import type { RunHistory } from "../../workflow/history.ts";

const step = (name: string): Step<object> => ({
  name,
  output: z.unknown(),
  readOnly: true,
  run: () => Promise.resolve(undefined),
});

function runOf(times: Readonly<Record<string, number>>): RunHistory {
  const done = { state: "done", attempts: 1, startedAt: 0 } as const;
  const steps = Object.entries(times).map(([name, ms]) => ({ ...done, name, ms }));
  const record = { id: "r", application: "shop", workflow: "install", holder: "", by: "", startedAt: 0 };
  return { ...record, state: "done", steps };
}

describe("the usual time of a step", () => {
  test("is the middle of its latest five", () => {
    const runs = [9000, 100, 200, 300, 400, 5000].map((ms) => runOf({ check: ms }));
    expect(usualTimes(runs)("check")).toBe(300);
  });

  test("is taken from another machine of the same kind where the very same was never done", () => {
    const usual = usualTimes([runOf({ "east/web-1: install": 700 })]);
    expect(usual("east/web-12: install")).toBe(700);
    expect(usual("east/db-1: install")).toBeUndefined();
  });

  test("does not learn from steps that failed", () => {
    const failed = runOf({ check: 5 }).steps.map((one) => ({ ...one, state: "failed" as const }));
    expect(usualTimes([{ ...runOf({}), steps: failed }])("check")).toBeUndefined();
  });
});

test("parts in order add up, of parts side by side the longest counts, and unknown steps are named", () => {
  const usual = usualTimes([runOf({ a: 10, b: 20, c: 5 })]);
  const tree = { sequence: [step("a"), { parallel: [step("b"), step("c"), step("new")] }] };
  expect(estimate(tree, usual)).toEqual({ ms: 30, unknown: ["new"] });
});
