import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { nodesOf, type NodeSpec } from "../lifecycle/topology.ts";
import type { Session } from "./session.ts";
import { oneOf } from "./target.ts";
import type { Outcome } from "./verb.ts";

/** The nodes on this computer's machines: those of a site, the one that is named `east/db-1`, or all of them. */
export function localNodes({ world: { application } }: Session, target?: string): readonly NodeSpec[] {
  const specs = nodesOf(application);
  if (target === undefined) return specs.filter(({ cloud }) => cloud.kind === "local");
  const known = [...new Set(specs.flatMap(({ site, name }) => [site, `${site}/${name}`]))];
  const wanted = oneOf(known, target, "site or node");
  const meant = specs.filter(({ site, name }) => site === wanted || `${site}/${name}` === wanted);
  const elsewhere = meant.find(({ cloud }) => cloud.kind !== "local");
  if (elsewhere === undefined) return meant;
  throw new HotsiteError("usage", `${target} is not on local machines but on ${elsewhere.cloud.kind}`, {
    hint: "use that cloud's own console or tools",
  });
}

/** Those of them that have a machine. */
export async function launchedLocalNodes(session: Session, target?: string): Promise<readonly NodeSpec[]> {
  const specs = localNodes(session, target);
  const records = await Promise.all(specs.map(({ site, name }) => session.world.nodes.get(site, name)));
  return specs.filter((_, index) => records[index]?.machine !== undefined);
}

/** What verbs that power machines print with `--json`. */
export const powerOutcome = z.strictObject({ power: z.enum(["on", "off"]), nodes: z.array(z.string()) });

/** What became of nodes, as a verb tells it. */
export function powered(
  nodes: readonly NodeSpec[],
  state: "on" | "off",
  application: string,
): Outcome<typeof powerOutcome> {
  const names = nodes.map(({ site, name }) => `${site}/${name}`);
  const text =
    names.length === 0
      ? `${application} has no machines there yet`
      : names.map((name) => `${name} is ${state}`).join("\n");
  return { text, json: { power: state, nodes: names } };
}
