// `hotsite recipe test` holds the recipe against what every recipe promises, on a machine of its own.
import { recipeTest } from "hotsite";
import { greeter } from "./recipe.ts";

export default recipeTest({
  service: greeter("web", {}),
  // The same service with other settings.
  changed: greeter("web", { greeting: "welcome" }),
});
