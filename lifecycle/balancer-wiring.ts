import type { Application } from "../core/application.ts";
import {
  FRONTEND_RULES,
  HAPROXY_PATHS,
  initialFiles,
  renderHaproxyConfig,
  renderHoldLua,
  type HaproxyOptions,
} from "../lb/haproxy-config.ts";
import { balancing } from "../recipes/haproxy.ts";
import type { Scene } from "./context.ts";
import { membersOf } from "./pool.ts";

/** The balancer's configuration for an application. */
export function balancerOptions({ name, services, traffic }: Application): HaproxyOptions {
  const { port, accessLog, sticky, limits } = balancing.parse(traffic?.balancer.params ?? {});
  const params = services.find((service) => service.name === traffic?.to.service)?.params;
  // Whether the members speak TLS is the same wherever they run.
  const anywhere = { ...ANY_NODE, service: traffic?.to.service ?? "" };
  const endpoint = traffic?.to.resolve({ application: name, nodes: [anywhere], params, secrets: {} });
  const tls = endpoint?.tls === true;
  const { health = "/", healthStatuses } = traffic ?? {};
  const asked = { health, ...(healthStatuses && { healthStatuses }) };
  return { port, ...asked, tls, accessLog, sticky, limits, paths: HAPROXY_PATHS };
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
    rules: FRONTEND_RULES,
    initial: initialFiles(options.paths),
  };
}
