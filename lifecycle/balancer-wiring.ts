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
export function balancerOptions({ name, services, traffic }: Application): HaproxyOptions {
  const port = (traffic?.balancer.params as { port: number } | undefined)?.port ?? 8080;
  const params = services.find((service) => service.name === traffic?.to.service)?.params;
  // Whether the members speak TLS is the same wherever they run.
  const anywhere = { ...ANY_NODE, service: traffic?.to.service ?? "" };
  const endpoint = traffic?.to.resolve({ application: name, nodes: [anywhere], params, secrets: {} });
  return { port, health: traffic?.health ?? "/", tls: endpoint?.tls === true, paths: HAPROXY_PATHS };
}

const ANY_NODE = {
  site: "",
  role: "primary",
  name: "",
  index: 1,
  address: "192.0.2.1",
  exposed: {},
} as const;

/** What the balancer's recipe installs: the pool as it should be now. */
export function balancerWiring(scene: Scene): object {
  const options = balancerOptions(scene.world.application);
  return {
    config: renderHaproxyConfig(options, membersOf(scene)),
    lua: renderHoldLua(options.paths),
    initial: initialFiles(options.paths),
  };
}
