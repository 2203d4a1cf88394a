import { HotsiteError } from "../../core/errors.ts";
import { startNodes, stopNodes } from "../../lifecycle/launch.ts";
import { nodesOf, type NodeSpec } from "../../lifecycle/topology.ts";
import { confirm } from "../confirm.ts";
import { openSession, type Session } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** Powers machines on this computer off or on. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  const [state = "", target = ""] = call.operands;
  oneOf(["on", "off"], state, "power state");
  await using session = await openSession(call);
  const specs = localNodes(session, target);
  if (state === "off")
    await confirm(`Power ${target} off at once, as if somebody pulled the plug?`, call, signal);
  await (state === "on" ? startNodes : stopNodes)(session.world, specs, signal);
  const nodes = specs.map(({ site, name }) => `${site}/${name}`);
  return { text: nodes.map((node) => `${node} is ${state}`).join("\n"), json: { power: state, nodes } };
}

function localNodes({ config: { application } }: Session, target: string): readonly NodeSpec[] {
  const specs = nodesOf(application);
  const known = [...new Set(specs.flatMap(({ site, name }) => [site, `${site}/${name}`]))];
  const wanted = oneOf(known, target, "site or node");
  const meant = specs.filter(({ site, name }) => site === wanted || `${site}/${name}` === wanted);
  const elsewhere = meant.find(({ cloud }) => cloud.kind !== "local");
  if (elsewhere === undefined) return meant;
  throw new HotsiteError("usage", `${target} is not on local machines but on ${elsewhere.cloud.kind}`, {
    hint: "use that cloud's own console or tools",
  });
}
