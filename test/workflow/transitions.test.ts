import { describe, expect, test } from "@jest/globals";
import {
  assertRunMove,
  assertStepMove,
  isFinished,
  isUnwinding,
  runStates,
  stepStates,
} from "../../workflow/transitions.ts";

describe("the states of a run", () => {
  test("never turn around once it is being undone, and never leave an end", () => {
    for (const from of runStates) {
      for (const to of runStates) {
        const forbidden =
          isFinished(from) || (isUnwinding(from) && ["running", "done", "stuck"].includes(to));
        if (forbidden) expect(() => assertRunMove(from, to)).toThrow(`cannot go from ${from} to ${to}`);
      }
    }
  });

  test("never go from a point of no return back to undoing", () => {
    expect(() => assertRunMove("stuck", "unwinding")).toThrow("from stuck to unwinding");
    expect(() => assertRunMove("stuck", "running")).not.toThrow();
  });

  test("all lead to an end", () => {
    const ends = runStates.filter(isFinished);
    expect(ends).toEqual(["done", "unwound", "abandoned"]);
  });
});

describe("the states of a step", () => {
  test("begin with running", () => {
    for (const state of stepStates.filter((state) => state !== "running")) {
      expect(() => assertStepMove(undefined, state)).toThrow(`from new to ${state}`);
    }
    expect(() => assertStepMove(undefined, "running")).not.toThrow();
  });

  test("do not run again what is done or undone", () => {
    for (const state of ["done", "undone", "undoing", "undo-failed"] as const) {
      expect(() => assertStepMove(state, "running")).toThrow();
    }
  });
});
