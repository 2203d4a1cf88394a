/** What `import … from "hotsite"` gives to a config, a recipe or a driver. */
export {
  all,
  command,
  either,
  feed,
  file,
  pipe,
  script,
  type Command,
  type NodeFile,
} from "./core/command.ts";
export { Ref, type Recipe, type RecipeContext, type Service } from "./core/recipe.ts";
export { secret, type SecretSource } from "./core/secret.ts";
export { HotsiteError, PreflightError } from "./core/errors.ts";
export type { Application, Cloud, Protection } from "./core/application.ts";
