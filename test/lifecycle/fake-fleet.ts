import { z } from "zod";
import type { Application, Cloud } from "../../core/application.ts";
import type { Balancer, Member } from "../../core/balancer.ts";
import { command } from "../../core/command.ts";
import { NodeNotFoundError } from "../../core/errors.ts";
import type { Driver, Endpoint, Machine } from "../../core/driver.ts";
import { silentLogger } from "../../core/logger.ts";
import { Ref, type Recipe, type Service } from "../../core/recipe.ts";
import { Secret } from "../../core/secret.ts";
import { applyService } from "../../lifecycle/apply.ts";
import { jobsOf } from "../../lifecycle/changed.ts";
import { readScene } from "../../lifecycle/context.ts";
import type { FleetWorld, Steering } from "../../lifecycle/fleet-world.ts";
import { Nodes } from "../../lifecycle/nodes.ts";
import { membersOf } from "../../lifecycle/pool.ts";
import { nodesOf } from "../../lifecycle/topology.ts";
import { workOf } from "../../lifecycle/work.ts";
import { seeing } from "../../lifecycle/world.ts";
import { memoryStore } from "../failover/memory-store.ts";
import { quickClock, type FakeWorld } from "../support/workflow-laws.ts";
import { fakeCloud, fakeService } from "./fake-application.ts";
import { FakeNode } from "./fake-node.ts";

const signal = new AbortController().signal;

/** A web tier of one version behind a balancer, on one site. */
export function webApplication(version: string, initial = 2): Application {
  const web = webService(version, initial);
  return {
    name: "shop",
    sites: [{ name: "east", role: "primary", cloud: fakeCloud, standby: "warm" }],
    services: [web],
    edge: { name: "edge", cloud: fakeCloud },
    traffic: {
      balancer: fakeService("lb", [], 1, [80]),
      to: new Ref("web", "web.http", ({ nodes: [node] }) => ({ host: node?.address ?? "", port: 1 })),
      health: "/",
    },
    protection: { maxLossTransactions: 5, maxOutageSeconds: 60 },
  };
}

export type FakeFleet = FakeWorld<FleetWorld> & {
  readonly served: ReadonlySet<string>;
  /** Whether a request would be answered now. */
  answers(): boolean;
};

/** What else a test has in the same world. */
export interface Beside {
  readonly steering?: Steering;
  /** Where the balancer's machine is reached from outside. */
  readonly door?: Endpoint;
}

/** The world in which `installed` runs, or nothing, seen by a process whose config says `application`. */
export async function fleetOf(
  installed: Application | undefined,
  application: Application,
  { steering, door }: Beside = {},
): Promise<FakeFleet> {
  const store = memoryStore();
  const machines = new Map<string, { machine: Machine; node: FakeNode }>();
  const balancer = new FakeBalancer((host) =>
    [...machines.values()].some(({ machine, node }) => machine.address === host && node.works),
  );
  const driver = driverOf(machines, {
    ...(door && { door }),
    // The pool is on the balancer's machine.
    onDestroy: ({ name }) => {
      if (name === "edge-1") balancer.pool = [];
    },
  });
  const world = {
    ...{ application, store, clock: quickClock, logger: silentLogger, balancer, steering },
    ...{ configFolder: "/", stateFolder: "/", owner: "shop-1", nodes: new Nodes(store, "shop") },
    pki: { ca: "", node: () => Promise.resolve({ ca: "", certificate: "", key: new Secret("") }) },
    loginKey: { privateKey: new Secret(""), authorizedKey: "", path: "" },
    driver: (_cloud: Cloud) => Promise.resolve(driver),
    shell: (site: string, name: string) => {
      const found = [...machines.values()].find(
        ({ machine }) => machine.site === site && machine.name === name,
      );
      return found === undefined
        ? Promise.reject(new NodeNotFoundError(`${site}/${name}`))
        : Promise.resolve(found.node.shell());
    },
    disconnect: () => Promise.resolve(),
    secrets: () => Promise.resolve({}),
    ownSecret: () => Promise.resolve(new Secret("")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as FleetWorld;
  if (installed !== undefined) await install(seeing(world, installed));
  return {
    context: world,
    served: balancer.served,
    answers: () => balancer.answers(),
    snapshot: () => ({
      machines: Object.fromEntries(
        [...machines.values()].map(({ machine, node }) => [`${machine.site}/${machine.name}`, node.state]),
      ),
      known: ["east/web-1", "east/web-2", "east/web-3", "east/web-4", "edge/edge-1"].filter(
        (name) => store.value(`nodes/shop/${name}`) !== undefined,
      ),
      count: counted(store.value("counts/shop")),
      pool: balancer.pool,
      held: balancer.held,
    }),
  };
}

async function install(world: FleetWorld): Promise<void> {
  for (const { site, name, cloud, template } of nodesOf(world.application)) {
    const claim = {
      id: `${site}.${name}`,
      owner: world.owner,
      site,
      name,
      template,
      authorizedKey: "",
      expose: [],
    };
    const machine = await (await world.driver(cloud)).launch(claim, signal);
    await world.nodes.put({ claim, run: "install", machine });
  }
  for (const job of jobsOf(world.application)) {
    await applyService(await workOf(world, job, "east", signal), { start: true }, signal);
  }
  await world.balancer?.apply(membersOf(await readScene(world, "east")), signal);
}

/** No member answers while it is told to be ready and does not work: such moments are in `served` as "nothing". */
class FakeBalancer implements Balancer {
  pool: readonly Member[] = [];
  held = false;
  readonly served = new Set<string>();
  readonly #works: (host: string) => boolean;

  constructor(works: (host: string) => boolean) {
    this.#works = works;
  }

  members(): Promise<readonly Member[]> {
    return Promise.resolve(this.pool);
  }

  apply(members: readonly Member[]): Promise<void> {
    this.pool = members;
    return this.#look();
  }

  drain(names: readonly string[]): Promise<void> {
    this.pool = this.pool.map((member) =>
      names.includes(member.name) ? { ...member, state: "drain" } : member,
    );
    return this.#look();
  }

  answers(): boolean {
    return !this.held && this.pool.some(({ state, host }) => state === "ready" && this.#works(host));
  }

  keepSessions(): Promise<boolean> {
    return Promise.resolve(false);
  }

  hold(): Promise<void> {
    this.held = true;
    return Promise.resolve();
  }

  release(): Promise<void> {
    this.held = false;
    return this.#look();
  }

  stats() {
    return Promise.resolve(
      this.pool.map(({ name, site, state, host }) => ({
        ...{ name, site, state, healthy: this.#works(host), sessions: 0, requests: 0 },
      })),
    );
  }

  #look(): Promise<void> {
    const ready = this.pool.filter(({ state }) => state === "ready");
    if (ready.some(({ host }) => !this.#works(host))) this.served.add("a member that does not work");
    if (ready.length === 0 && !this.held) this.served.add("nothing");
    return Promise.resolve();
  }
}

function driverOf(
  machines: Map<string, { machine: Machine; node: FakeNode }>,
  { door, onDestroy }: { door?: Endpoint; onDestroy(machine: Machine): void },
): Driver {
  const unused = () => Promise.reject(new Error("no test here needs power"));
  let launched = 0;
  return {
    kind: "fake",
    capabilities: () => ({ powerOff: false, fences: false }),
    validate: () => Promise.resolve([]),
    launch: ({ id, owner, site, name }) => {
      const known = machines.get(id);
      if (known !== undefined) return Promise.resolve(known.machine);
      launched += 1;
      const ssh = { host: "192.0.2.1", port: 22, user: "root" };
      const at = { address: `10.0.0.${launched}`, ssh, exposed: exposedAt(door) };
      const machine: Machine = { id, claim: id, owner, site, name, state: "running", ...at };
      machines.set(id, { machine, node: new FakeNode(`${site}/${name}`) });
      return Promise.resolve(machine);
    },
    list: () => Promise.resolve([...machines.values()].map(({ machine }) => machine)),
    stop: unused,
    start: unused,
    destroy: (id) => {
      const found = machines.get(id);
      if (found !== undefined) onDestroy(found.machine);
      machines.delete(id);
      return Promise.resolve();
    },
    sweep: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function webService(version: string, initial: number): Service {
  const recipe: Recipe<unknown> = {
    name: "web",
    params: z.unknown(),
    secrets: () => ({}),
    expose: () => [],
    plan: () => ({
      packages: [],
      files: [],
      stages: {
        install: [],
        configure: [command("configure", version)],
        start: [command("start")],
        stop: [command("stop")],
        uninstall: [],
      },
      ready: { command: command("ready"), timeoutMs: 20 },
      alive: command("alive"),
      units: [],
      keeps: {},
      erase: [],
    }),
    commands: {},
    metrics: {},
  };
  return { name: "web", recipe, params: {}, instances: { initial, min: 1, max: 4 } };
}

function exposedAt(door: Endpoint | undefined): Machine["exposed"] {
  return door === undefined ? {} : { 80: door };
}

/** The number that is remembered; nothing remembered is the same as an empty memory. */
function counted(counts: unknown): number | undefined {
  const all = z.record(z.string(), z.record(z.string(), z.number())).optional().parse(counts);
  return all?.["east"]?.["web"];
}
