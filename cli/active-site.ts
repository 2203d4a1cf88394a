import { HotsiteError } from "../core/errors.ts";
import { readFacts } from "../lifecycle/facts.ts";
import type { World } from "../lifecycle/world.ts";

/** The site that is primary now: what the last change of primary made of it, else what the config says. */
export async function activeSiteOf(world: Pick<World, "store" | "application">): Promise<string> {
  const facts = await readFacts(world);
  const site = facts?.activeSite ?? world.application.sites.find(({ role }) => role === "primary")?.name;
  if (site === undefined) throw new HotsiteError("config", `${world.application.name} has no primary site`);
  return site;
}
