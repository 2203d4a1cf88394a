import { z } from "zod";
import type { Application } from "../core/application.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Service } from "../core/recipe.ts";
import { appliedState } from "./apply.ts";
import { contextOf, readScene, UNKNOWN_ADDRESS, type Scene } from "./context.ts";
import type { Job } from "./phases.ts";
import { installOrder, nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

/** One service on one node, as a journal can hold it. */
export const instance = z.strictObject({ site: z.string(), node: z.string(), service: z.string() });

export type Instance = z.infer<typeof instance>;

/** Whose instances to look at. */
export interface Question {
  readonly activeSite: string;
  readonly services: readonly Service[];
  /** Nodes that do not answer are passed over: another step has to bring them back first. */
  readonly skipUnreachable?: boolean;
}

/** The instances that were installed once and are not as the config says: the standby's first, so that what fails fails there. Changes nothing. */
export async function changedInstances(
  world: World,
  question: Question,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { application } = world;
  const order = installOrder(application).flat();
  const rank = ({ spec, placement }: Job): number =>
    order.indexOf(placement.service) * 2 + (spec.site === question.activeSite ? 1 : 0);
  const jobs = jobsOf(application)
    .filter(({ placement }) => question.services.includes(placement.service))
    .sort((one, other) => rank(one) - rank(other));
  const scene = await readScene(world, question.activeSite, UNKNOWN_ADDRESS);
  const changed = await Promise.all(jobs.map((job) => isChanged(scene, job, question, signal)));
  return jobs.filter((_, index) => changed[index]).map(instanceOf);
}

/** The job of an instance. Throws `HotsiteError` "workflow-changed" when the config does not have it any more. */
export function jobOf(application: Application, { site, node, service }: Instance): Job {
  const found = jobsOf(application).find(
    ({ spec, placement }) => spec.site === site && spec.name === node && placement.service.name === service,
  );
  if (found !== undefined) return found;
  throw new HotsiteError("workflow-changed", `the config has no ${service} on ${site}/${node} any more`);
}

/** Every service on every node. */
export function jobsOf(application: Application): readonly Job[] {
  return nodesOf(application).flatMap((spec) => spec.services.map((placement) => ({ spec, placement })));
}

function instanceOf({ spec, placement }: Job): Instance {
  return { site: spec.site, node: spec.name, service: placement.service.name };
}

async function isChanged(
  scene: Scene,
  { spec, placement }: Job,
  { skipUnreachable = false }: Question,
  signal: AbortSignal,
): Promise<boolean> {
  const { world } = scene;
  if ((await world.nodes.get(spec.site, spec.name))?.machine === undefined) return false;
  const { service } = placement;
  const plan = service.recipe.plan(await contextOf(scene, spec, placement));
  try {
    const shell = await world.shell(spec.site, spec.name, signal);
    return (await appliedState({ service: service.name, plan, shell }, signal)) === "differs";
  } catch (error) {
    if (skipUnreachable && error instanceof HotsiteError && error.code === "unreachable") return false;
    throw error;
  }
}
