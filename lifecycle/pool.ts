import type { Member } from "../core/balancer.ts";
import type { Scene } from "./context.ts";
import { resolve } from "./resolve.ts";

/** Every node that can take traffic; those of the primary site get it. */
export function membersOf(scene: Scene): readonly Member[] {
  const { traffic } = scene.world.application;
  if (traffic === undefined) return [];
  return scene.views
    .filter((view) => view.service === traffic.to.service)
    .map((view) => ({
      ...resolve(scene, traffic.to, view.site, view),
      name: `${view.site}/${view.name}`,
      site: view.site,
      state: view.role === "primary" ? ("ready" as const) : ("off" as const),
    }));
}
