import { dirname } from "node:path";
import { HotsiteError } from "../core/errors.ts";
import { isRecipeTest, type RecipeTest } from "../recipes/recipe-test.ts";
import { findModule } from "./find-module.ts";
import { importModule } from "./module.ts";

const names = ["recipe.test.ts", "recipe.test.js"];

/** The test of a recipe, and the folder to which its paths are relative. */
export interface LoadedRecipeTest {
  readonly test: RecipeTest;
  readonly folder: string;
}

/** Loads a file, the `recipe.test.ts` of a folder, or a module of an installed package. Throws `HotsiteError` "config". */
export async function loadRecipeTest(module: string, cwd: string): Promise<LoadedRecipeTest> {
  const path = findModule(module, cwd, { names, hint: "`hotsite recipe new` writes one" });
  const exports = await importModule(path);
  const test: unknown =
    typeof exports === "object" && exports !== null && "default" in exports ? exports.default : undefined;
  if (isRecipeTest(test)) return { test, folder: dirname(path) };
  throw new HotsiteError("config", `${path} does not export a recipe's test by default`, {
    hint: "end the file with `export default recipeTest({ service: … })`; `hotsite recipe new` writes one",
  });
}
