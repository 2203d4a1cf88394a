import { all, type Command } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import { isAsPlanned } from "./apply.ts";
import { contextOf, readScene, type Scene } from "./context.ts";
import { startsNow } from "./phases.ts";
import { nodesOf, type NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** What was found to be as the config says: every service, or every machine too, by its own account. */
export type Standing = "services" | "machines";

/** Nodes that take longer are left to the steps, which wait for them and say what is wrong. */
const lookMs = 5000;
/** What this computer needs for one connection when all begin at once. */
const lookMsPerNode = 200;

/**
 * Whether there is nothing to do: every node answers with the key that is pinned, its packages, files and stages are as the config says, what
 * should run runs. One connection and one exchange a node. Undefined when anything is otherwise, or cannot be told. Changes nothing.
 */
export async function standingOf(
  world: World,
  activeSite: string,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const specs = nodesOf(world.application);
  const records = await world.nodes.all();
  const launched = ({ site, name }: NodeSpec): boolean =>
    records.some(({ claim, machine }) => machine !== undefined && claim.site === site && claim.name === name);
  if (!specs.every(launched)) return undefined;
  const enough = new AbortController();
  const soon = AbortSignal.any([
    signal,
    enough.signal,
    AbortSignal.timeout(lookMs + lookMsPerNode * specs.length),
  ]);
  try {
    const scene = await readScene(world, activeSite);
    const confirmed = await Promise.all(specs.map((spec) => stands(scene, spec, activeSite, soon)));
    return confirmed.every((one) => one) ? "machines" : "services";
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HotsiteError) && !soon.aborted) throw error;
    world.logger.debug("not everything stands", { error });
    return undefined;
  } finally {
    enough.abort(new HotsiteError("cancelled", "a node is not as it should be"));
  }
}

/** Throws where it does not; true when the machine says itself that it is still the claim's. */
async function stands(
  scene: Scene,
  spec: NodeSpec,
  activeSite: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { world } = scene;
  const { machine } = await world.nodes.launched(spec.site, spec.name);
  const confirm = (await world.driver(spec.cloud)).confirm?.(machine);
  const questions: Command[] = confirm === undefined ? [] : [confirm];
  for (const placement of spec.services) {
    const start = startsNow({ application: world.application, activeSite }, { spec, placement });
    const plan = placement.service.recipe.plan(await contextOf(scene, spec, placement));
    questions.push(await isAsPlanned({ service: placement.service.name, plan }, { start }, signal));
  }
  const shell = await world.shell(spec.site, spec.name, signal);
  await shell.run(all(...questions), signal);
  return confirm !== undefined;
}
