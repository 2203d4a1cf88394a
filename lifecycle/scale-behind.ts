import type { Service } from "../core/recipe.ts";
import { changedInstances, type Instance } from "./changed.ts";
import { withCount } from "./counts.ts";
import type { ScaleInput } from "./scale.ts";
import { dependenciesOf, groupOf } from "./topology.ts";
import { seeing, type World } from "./world.ts";

/** Who was configured for other machines than there are after a run. They may have to restart for the news, so that is left to an update. */
export async function usersBehind(
  world: World,
  service: Service,
  { machines, changes, activeSite }: Pick<ScaleInput, "machines" | "changes" | "activeSite">,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const application = changes.reduce(
    (all, { site, to }) => withCount(all, { site, machines, count: to }),
    world.application,
  );
  const scaled = groupOf(application, service)?.services.map(({ name }) => name) ?? [];
  const users = application.services.filter((one) => {
    const needs = dependenciesOf(application, one);
    return scaled.some((name) => needs.has(name));
  });
  if (users.length === 0) return [];
  const question = { activeSite, services: users, skipUnreachable: true };
  return changedInstances(seeing(world, application), question, signal);
}
