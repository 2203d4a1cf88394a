import { describe, expect, test } from "@jest/globals";
import type { RecipeContext, Service } from "../../core/recipe.ts";
import { planChecks } from "../../lifecycle/recipe-contract/plan-checks.ts";

/** A service and the context of one of its nodes, whose secrets all read `SECRET-…`. */
export interface Example {
  readonly service: Service;
  readonly context: RecipeContext<unknown>;
}

/** What every recipe promises: the same as `hotsite recipe test` checks. `make` gives a fresh example each time. */
export function describeRecipe(name: string, make: () => Example | Promise<Example>): void {
  describe(`the recipe ${name}`, () => {
    test.each(planChecks)("$promise", async ({ problems }) => {
      const { service, context } = await make();
      expect(problems(service, context)).toEqual([]);
    });
  });
}
