import { HotsiteError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { LaunchedNode } from "../lifecycle/nodes.ts";
import type { World } from "../lifecycle/world.ts";

/** The one of `known` that was named. Throws `HotsiteError` "usage" that lists them, with the one that was probably meant. */
export function oneOf(known: readonly string[], name: string, kind: string): string {
  if (known.includes(name)) return name;
  throw new HotsiteError("usage", `there is no ${kind} ${name}${suggestion(name, known)}`, {
    hint: known.length === 0 ? `there is no ${kind} at all yet` : `known: ${known.join(", ")}`,
  });
}

/** Throws `HotsiteError` "not-installed" while there is no node at all: what is asked about one is no mistake then. */
export async function needNodes({ nodes, application }: Pick<World, "nodes" | "application">): Promise<void> {
  if ((await nodes.all()).length > 0) return;
  throw new HotsiteError("not-installed", `${application.name} has no machines yet`, {
    hint: "hotsite install",
  });
}

/** The node that was named `east/web-1`. Throws `HotsiteError` as `oneOf` does, or when it has no machine yet. */
export async function nodeNamed(world: World, name: string): Promise<LaunchedNode> {
  await needNodes(world);
  const { nodes } = world;
  const known = (await nodes.all()).map(({ claim }) => `${claim.site}/${claim.name}`);
  const [site = "", node = ""] = oneOf(known, name, "node").split("/");
  return nodes.launched(site, node);
}
