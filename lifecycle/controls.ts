import type { Balancer } from "../core/balancer.ts";
import type { DatabaseControl, LinkControl, LinkOperator, Witness } from "../core/protection.ts";
import { HotsiteError } from "../core/errors.ts";
import type { Shell } from "../core/shell.ts";
import { HaproxyBalancer } from "../lb/haproxy.ts";
import { ServerControl } from "../replication/database.ts";
import { GatewayControl } from "../replication/gateway/control.ts";
import { WitnessControl } from "../replication/witness/control.ts";
import { clientOf } from "../recipes/mysql/server.ts";
import { balancerOptions } from "./balancer-wiring.ts";
import { lazyShell } from "./lazy-shell.ts";
import { nodesOf } from "./topology.ts";
import { flavourOf, replicationOf } from "./wiring.ts";
import type { World } from "./world.ts";

/** What steers the running parts of one application, each through the node that it runs on. */
export class Controls {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Throws `HotsiteError` "unprotected" where the application has none. */
  witness(): Witness {
    return new WitnessControl(this.shellOf(this.#world.application.edge?.witness?.name, "edge"));
  }

  balancer(): Balancer {
    const { application } = this.#world;
    return new HaproxyBalancer(
      this.shellOf(application.traffic?.balancer.name, "edge"),
      balancerOptions(application),
    );
  }

  database(site: string): DatabaseControl {
    const { of } = replicationOf(this.#world);
    return new ServerControl({
      site,
      flavour: flavourOf(of),
      shell: this.shellOf(of.name, site),
      client: [clientOf(of)],
    });
  }

  /** The gateway of a site: it applies to that site's database. */
  link(site: string): LinkControl & LinkOperator {
    return new GatewayControl({
      site,
      shell: this.shellOf(this.#world.application.replication?.gateway.name, site),
    });
  }

  /** A shell on the first node of a service in a site. */
  shellOf(service: string | undefined, site: string): Shell {
    const { application } = this.#world;
    const spec = nodesOf(application).find(
      (node) => node.site === site && node.services.some((placed) => placed.service.name === service),
    );
    if (spec === undefined) {
      throw new HotsiteError(
        "unprotected",
        `${application.name} has no ${service ?? "such service"} in ${site}`,
        {
          hint: "declare edge, traffic and replication in hotsite.config.ts",
        },
      );
    }
    return lazyShell(`${site}/${spec.name}`, (signal) => this.#world.shell(site, spec.name, signal));
  }
}
