import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { StepTree } from "../../core/workflow.ts";
import { parallel, sequence } from "../../workflow/define.ts";
import { everyFailureUnwinds, everyKillResumes, everyStepRepeats } from "../support/workflow-laws.ts";
import { freshCloud, looks, makes, makesForGood, workflowOf, type FakeCloud } from "./fake-cloud.ts";

const usual = { input: null, freshWorld: freshCloud };

type Shape = "undoable" | "read-only" | { all: Shape[]; beside: boolean };

const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Shape>("undoable", "undoable", "read-only"),
    fc.record({ all: fc.array(tie("shape"), { maxLength: 3 }), beside: fc.boolean() }),
  ),
}));

/** Something, perhaps a point of no return, and something after it. */
const workflows = fc.tuple(shape, fc.boolean(), shape).map(([before, forGood, after]) => {
  let count = 0;
  const build = (part: Shape): StepTree<FakeCloud> => {
    if (part === "undoable") return makes(`thing ${(count += 1)}`);
    if (part === "read-only") return looks(`look ${(count += 1)}`);
    const parts = part.all.map(build);
    return part.beside ? parallel(...parts) : sequence(...parts);
  };
  return workflowOf(build(before), ...(forGood ? [makesForGood("monument")] : []), build(after));
});

describe("any workflow of sound steps", () => {
  test("unwinds, or goes forward past a point of no return, whichever step fails and whenever", async () => {
    await fc.assert(
      fc.asyncProperty(workflows, (workflow) => everyFailureUnwinds(workflow, usual)),
      { numRuns: 6 },
    );
  }, 60_000);

  test("ends the same when each step is run and undone twice", async () => {
    await fc.assert(
      fc.asyncProperty(workflows, (workflow) => everyStepRepeats(workflow, usual)),
      { numRuns: 6 },
    );
  }, 60_000);

  test("ends the same when its process dies after any journal write and it is resumed", async () => {
    await fc.assert(
      fc.asyncProperty(workflows, (workflow) => everyKillResumes(workflow, usual)),
      { numRuns: 4 },
    );
  }, 60_000);
});

describe("the laws themselves", () => {
  const forgetful = makes("two", { undo: async (cloud) => cloud.remove("two") });

  test("find a step whose undo forgets a part of its effect", async () => {
    await expect(everyFailureUnwinds(workflowOf(makes("one"), forgetful), usual)).rejects.toThrow("two/disk");
  });

  test("find a step that cannot be repeated", async () => {
    const once = makes("one", {
      run: async (cloud) => {
        if (cloud.things.includes("one")) throw new Error("there is one already");
        return cloud.make("one");
      },
    });
    await expect(everyStepRepeats(workflowOf(once), usual)).rejects.toThrow("there is one already");
    await expect(everyKillResumes(workflowOf(once, makes("two")), usual)).rejects.toThrow("unwound");
  });

  test("find a step that acts before its intent is in the journal", async () => {
    const eager = {
      ...workflowOf(makes("one")),
      steps: () => makes("one", { readOnly: true, undo: undefined }),
    };
    await expect(everyFailureUnwinds(eager, usual)).rejects.toThrow("one");
  });
});
