import { HotsiteError } from "../core/errors.ts";
import type { NodeView, Ref, ServiceView } from "../core/recipe.ts";
import type { Scene } from "./context.ts";
import { EDGE } from "./topology.ts";

/** The value of an endpoint as seen from a site; the edge sees the nodes of all sites. */
export function resolve<T>(scene: Scene, ref: Ref<T>, site: string, only?: NodeView): T {
  const known = scene.services.get(ref.service);
  if (known === undefined) {
    throw new HotsiteError("unknown-service", `${ref.label}: there is no service ${ref.service}`, {
      hint: `add it to services; known are ${[...scene.services.keys()].join(", ")}`,
    });
  }
  const nodes =
    only === undefined
      ? scene.views.filter((view) => view.service === ref.service && (site === EDGE || view.site === site))
      : [only];
  const view: ServiceView = {
    application: scene.world.application.name,
    nodes,
    params: known.service.params,
    secrets: known.secrets,
  };
  return ref.resolve(view);
}
