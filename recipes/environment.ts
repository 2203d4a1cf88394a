import type { RecipeContext } from "../core/recipe.ts";
import { Secret } from "../core/secret.ts";
import { CA_PATH } from "./common.ts";
import { concat, resolveText, reveal, type Text } from "./text.ts";
import { environmentLine } from "./tomcat/escape.ts";

/** What every program is told of its place, as environment variables. */
export function placeVariables({ application, service, node }: RecipeContext<unknown>): Record<string, Text> {
  return {
    HOTSITE_APPLICATION: application,
    HOTSITE_SERVICE: service,
    HOTSITE_SITE: node.site,
    HOTSITE_ROLE: node.role,
    HOTSITE_NODE: node.name,
    HOTSITE_INDEX: node.index,
    HOTSITE_ADDRESS: node.address,
    HOTSITE_CA: CA_PATH,
  };
}

/** Variables as a file that systemd reads, and a POSIX shell as well; a `Secret` when one of them is. */
export function environmentFile(
  context: RecipeContext<unknown>,
  variables: Readonly<Record<string, Text>>,
): string | Secret {
  const lines = Object.entries(variables).map(([name, value]) => {
    const resolved = resolveText(context, value);
    const line = environmentLine(name, reveal(resolved));
    return resolved instanceof Secret ? new Secret(line) : line;
  });
  return concat(lines);
}
