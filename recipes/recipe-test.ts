import type { Service } from "../core/recipe.ts";

/** What `hotsite recipe test` tries on a machine: a service, and how it changes in the course of its life. */
export interface RecipeTest {
  /** The service under test. */
  readonly service: Service;
  /** The same service with other settings. */
  readonly changed?: Service;
  /** The same service in another version of what it runs. */
  readonly upgraded?: Service;
  /** Services whose values it uses; each gets a machine of its own before. */
  readonly needs?: readonly Service[];
}

const RECIPE_TEST = Symbol.for("hotsite.recipe-test");

/** What the module of a recipe's test exports by default. */
export function recipeTest(test: RecipeTest): RecipeTest {
  return Object.assign({ ...test }, { [RECIPE_TEST]: true });
}

export function isRecipeTest(value: unknown): value is RecipeTest {
  return typeof value === "object" && value !== null && RECIPE_TEST in value;
}
