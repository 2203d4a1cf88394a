import { HotsiteError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { LaunchedNode, Nodes } from "../lifecycle/nodes.ts";

/** The one of `known` that was named. Throws `HotsiteError` "usage" that lists them, with the one that was probably meant. */
export function oneOf(known: readonly string[], name: string, kind: string): string {
  if (known.includes(name)) return name;
  throw new HotsiteError("usage", `there is no ${kind} ${name}${suggestion(name, known)}`, {
    hint: known.length === 0 ? `there is no ${kind} at all yet` : `known: ${known.join(", ")}`,
  });
}

/** The node that was named `east/web-1`. Throws `HotsiteError` as `oneOf` does, or when it has no machine yet. */
export async function nodeNamed(nodes: Nodes, name: string): Promise<LaunchedNode> {
  const known = (await nodes.all()).map(({ claim }) => `${claim.site}/${claim.name}`);
  const [site = "", node = ""] = oneOf(known, name, "node").split("/");
  return nodes.launched(site, node);
}
