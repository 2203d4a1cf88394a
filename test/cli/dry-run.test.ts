import { describe, expect, test } from "@jest/globals";
import { dryRun, dryRunOutcome, previewOutcome } from "../../cli/dry-run.ts";
import { stepsToDo, stepsToUndo } from "../../cli/unfinished.ts";
import { planDrill } from "../../failover/drill-plan.ts";
import { failoverGuards } from "../../failover/failover-guards.ts";
import { failoverWorkflow, planFailover, type FailoverInput } from "../../failover/failover.ts";
import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import { history } from "../../workflow/history.ts";
import { stepNames } from "../../workflow/tree.ts";
import { FakeWorld, forever } from "../failover/fake-world.ts";
import { run } from "../failover/run.ts";

function failoverDryRun(world: FakeWorld, skip: readonly string[] = []) {
  const job = { workflow: failoverWorkflow, context: world, plan: () => planFailover(world, { skip }) };
  return dryRun(job, async (input: FailoverInput) => failoverGuards(world, input, forever));
}

describe("a dry run", () => {
  test("says which guards hold, which would refuse it and what mends them, and changes nothing", async () => {
    const world = await FakeWorld.protected();
    const before = world.snapshot();
    const { text, json } = await failoverDryRun(world);
    expect(world.snapshot()).toEqual(before);
    expect(text).toContain("failover would be refused: verdict\n");
    expect(text).toContain("  ✖ verdict: nobody established that the primary is down\n      → for a planned");
    expect(text).toContain("  ✔ copy: west holds a full copy\n");
    expect(text).toMatch(/east: fence +–/);
    expect(dryRunOutcome.parse(json)).toMatchObject({ refused: true, unknownSteps: 9 });
  });

  test("knows how long each step took before, and says what lasts", async () => {
    const world = await FakeWorld.protected();
    await run(switchoverWorkflow, await planSwitchover(world), world);
    await run(switchoverWorkflow, await planSwitchover(world), world);
    const job = { workflow: switchoverWorkflow, context: world, plan: () => planSwitchover(world) };
    const { json } = await dryRun(job);
    const { steps, unknownSteps } = dryRunOutcome.parse(json);
    expect(unknownSteps).toBe(0);
    expect(steps.every(({ usualMs }) => usualMs !== undefined)).toBe(true);
    expect(steps.some(({ final }) => final !== undefined)).toBe(true);
  });

  test("of a drill has the steps of the failover and those that bring the lost site back", async () => {
    const world = await FakeWorld.protected();
    const names = stepNames(await planDrill(world, "site-power-off"));
    expect(names).toContain("east: fence");
    expect(names).toContain("east: power on, read-only");
  });
});

describe("a run that was interrupted", () => {
  test("is told as what is left to do, and as what would be taken back, the latest first", async () => {
    const world = await FakeWorld.protected();
    const input = await planSwitchover(world);
    const tree = switchoverWorkflow.steps(input);
    await run(switchoverWorkflow, input, world);
    const [done] = await history(world.store, "petclinic");
    const half = { ...done!, steps: done!.steps.slice(0, 4) };
    expect(stepNames(stepsToDo(tree, half))).toEqual(stepNames(tree).slice(4));
    const undone = stepNames(stepsToUndo(tree, half));
    expect(undone[0]).toBe(stepNames(tree)[3]);
    expect(undone).not.toContain("evaluate");
    const { text } = await previewOutcome(world, "abort", stepsToUndo(tree, half), {});
    expect(text).toContain(`abort would take ${undone.length} steps`);
  });
});
