import type { Application } from "../core/application.ts";
import {
  HAPROXY_PATHS,
  initialFiles,
  renderHaproxyConfig,
  renderHoldLua,
  type HaproxyOptions,
} from "../lb/haproxy-config.ts";
import type { Scene } from "./context.ts";
import { membersOf } from "./pool.ts";

/** The balancer's configuration for an application. */
export function balancerOptions({ traffic }: Application): HaproxyOptions {
  const port = (traffic?.balancer.params as { port: number } | undefined)?.port ?? 8080;
  return { port, health: traffic?.health ?? "/", paths: HAPROXY_PATHS };
}

/** What the balancer's recipe installs: the pool as it should be now. */
export function balancerWiring(scene: Scene): object {
  const options = balancerOptions(scene.world.application);
  return {
    config: renderHaproxyConfig(options, membersOf(scene)),
    lua: renderHoldLua(options.paths),
    initial: initialFiles(options.paths),
  };
}
