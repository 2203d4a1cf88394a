import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createRequire } from "node:module";
import { HotsiteError } from "../core/errors.ts";
import { isRecipeTest, type RecipeTest } from "../recipes/recipe-test.ts";
import { importModule } from "./module.ts";

const names = ["recipe.test.ts", "recipe.test.js"];

/** The test of a recipe, and the folder to which its paths are relative. */
export interface LoadedRecipeTest {
  readonly test: RecipeTest;
  readonly folder: string;
}

/** Loads a file, the `recipe.test.ts` of a folder, or a module of an installed package. Throws `HotsiteError` "config". */
export async function loadRecipeTest(module: string, cwd: string): Promise<LoadedRecipeTest> {
  const path = find(module, cwd);
  const exports = await importModule(path);
  const test: unknown =
    typeof exports === "object" && exports !== null && "default" in exports ? exports.default : undefined;
  if (isRecipeTest(test)) return { test, folder: dirname(path) };
  throw new HotsiteError("config", `${path} does not export a recipe's test by default`, {
    hint: "end the file with `export default recipeTest({ service: … })`; `hotsite recipe new` writes one",
  });
}

function find(module: string, cwd: string): string {
  const path = resolve(cwd, module);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return path;
  const inside = names.map((name) => join(path, name)).find((file) => existsSync(file));
  if (inside !== undefined) return inside;
  if (stats === undefined && !/^[./]/.test(module)) {
    const installed = resolved(module, cwd);
    if (installed !== undefined) return installed;
  }
  throw new HotsiteError("config", `there is no ${String(names[0])} at ${path}, and no package ${module}`, {
    hint: "name the file, its folder or an installed package; `hotsite recipe new` writes one",
  });
}

function resolved(module: string, cwd: string): string | undefined {
  try {
    return createRequire(join(cwd, "-")).resolve(module);
  } catch {
    return undefined;
  }
}
