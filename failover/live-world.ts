import { HotsiteError, NodeNotFoundError, RetryableError } from "../core/errors.ts";
import type { NodeView } from "../core/recipe.ts";
import { startsReadOnly } from "../lifecycle/application.ts";
import { readScene, type Scene } from "../lifecycle/context.ts";
import { resolve } from "../lifecycle/resolve.ts";
import { Controls } from "../lifecycle/controls.ts";
import { startNodes, stopNodes } from "../lifecycle/launch.ts";
import { frontDoor } from "../lifecycle/protect.ts";
import { machinesIn, nodesIn, startWeb, stopWeb, webRuns, webTier } from "../lifecycle/site.ts";
import { EDGE } from "../lifecycle/topology.ts";
import { askOverHttp } from "../lifecycle/http.ts";
import { databaseServer, passwordOf, replicationOf } from "../lifecycle/wiring.ts";
import { workOf } from "../lifecycle/work.ts";
import { awaitReady } from "../lifecycle/apply.ts";
import type { World } from "../lifecycle/world.ts";
import { openLedger } from "./ledger-mysql.ts";
import { compareSites, lostBetween } from "./evidence.ts";
import { probeFrom, type ProbeTargets } from "./probe.ts";
import type { PowerState, ProtectionWorld, SitePower, WebTier } from "./world.ts";

/** A client that waits longer has given up. */
const CLIENT_TIMEOUT_MS = 10_000;

export interface LiveOptions {
  readonly world: World;
  /** Where drill reports go. */
  readonly reportsFolder: string;
}

/** Protection of an installed application. Needs its nodes to be launched; throws `HotsiteError` "not-installed" otherwise, "usage" for one site alone. */
export async function protectionOf({ world, reportsFolder }: LiveOptions): Promise<ProtectionWorld> {
  const { application, store, clock, logger } = world;
  const { traffic, replication } = application;
  if (traffic === undefined || replication === undefined) {
    throw new HotsiteError("usage", `${application.name} has one site only: there is nothing to move to`, {
      hint: "declare a standby site, edge, traffic and replication in hotsite.config.ts",
    });
  }
  const scene = await readScene(world, undefined);
  const controls = new Controls(world);
  const door = await frontDoor(world);
  const asking = { timeoutMs: CLIENT_TIMEOUT_MS, statuses: traffic.healthStatuses };
  return {
    ...{ application, store, clock, logger, reportsFolder },
    endpoint: door,
    witness: controls.witness(),
    balancer: controls.balancer(),
    database: (site) => controls.database(site),
    link: (site) => controls.link(site),
    power: (site) => powerOf(world, site),
    web: (site) => webOf(world, scene, site),
    ask: (signal) => askOverHttp(new URL(traffic.health, door), asking, signal),
    probe: (observer, site, signal) =>
      probeFrom(observerShell(controls, world, observer), targetsOf(scene, observer, site), signal),
    ledger: async (site, signal) => {
      const shell = controls.shellOf(replication.of.name, site);
      const { host, port } = databaseServer(scene, replication.of, site);
      const password = passwordOf(scene, replication.of, "drill");
      const stream = await shell.forward(host, port, signal);
      return openLedger({ stream, user: "hotsite_drill", password, ca: world.pki.ca }, signal);
    },
    lostTransactions: (site, range, signal) => lostBetween({ scene, controls }, site, range, signal),
    verify: (source, target, signal) => compareSites({ scene, controls }, { source, target }, signal),
  };
}

function powerOf(world: World, site: string): SitePower {
  const specs = nodesIn(world, site);
  return {
    state: async (signal): Promise<PowerState> => {
      const machines = await machinesIn(world, site, signal);
      const running = machines.filter(({ state }) => state === "running").length;
      if (running === 0) return "off";
      return running === specs.length ? "on" : "mixed";
    },
    off: async (signal) => {
      await stopNodes(world, specs, signal);
      const left = (await machinesIn(world, site, signal)).filter(({ state }) => state === "running");
      if (left.length > 0) {
        throw new HotsiteError(
          "not-fenced",
          `${left.map(({ name }) => `${site}/${name}`).join(", ")} still runs after it was powered off`,
        );
      }
    },
    on: async (signal) => {
      await startNodes(world, specs, signal).catch((cause: unknown) => {
        if (!(cause instanceof NodeNotFoundError)) throw cause;
        throw new NodeNotFoundError(`${site} has lost machines: ${cause.message}`, {
          cause,
          hint: "hotsite install launches them again",
        });
      });
    },
  };
}

function webOf(world: World, scene: Scene, site: string): WebTier {
  const { traffic } = world.application;
  return {
    startsReadOnly: startsReadOnly(world.application),
    start: (signal) => startWeb(world, site, signal),
    stop: (signal) => stopWeb(world, site, signal),
    running: (signal) => webRuns(world, site, signal),
    ready: (timeoutMs, signal) => awaitWeb(world, site, timeoutMs, signal),
    members: () =>
      Promise.resolve(
        traffic === undefined
          ? []
          : viewsOf(scene, traffic.to.service, site).map((view) => ({
              name: `${site}/${view.name}`,
              site,
              ...resolve(scene, traffic.to, site, view),
            })),
      ),
  };
}

async function awaitWeb(world: World, site: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const jobs = webTier(world, site).flat();
  try {
    await Promise.all(jobs.map(async (job) => awaitReady(await workOf(world, job, site, limit), limit)));
  } catch (cause) {
    signal.throwIfAborted();
    if (!limit.aborted) throw cause;
    const problem = `the web tier of ${site} is not ready after ${timeoutMs / 1000} s`;
    throw new RetryableError("timeout", problem, { cause, hint: "see what it says: hotsite logs" });
  }
}

/** A site is looked at from its gateway node, so that the database's own load does not matter; the edge has one node. */
function observerShell(
  controls: Controls,
  { application }: World,
  observer: string,
): ReturnType<Controls["shellOf"]> {
  const service = observer === EDGE ? application.edge?.witness?.name : application.replication?.gateway.name;
  return controls.shellOf(service, observer);
}

function targetsOf(scene: Scene, observer: string, site: string): ProbeTargets {
  const addresses = (wanted: (view: NodeView) => boolean): readonly string[] => [
    ...new Set(scene.views.filter(wanted).map(({ address }) => address)),
  ];
  return {
    database: databaseServer(scene, replicationOf(scene.world).of, site),
    nodes: addresses((view) => view.site === site),
    controls: addresses((view) => view.site !== site && view.site !== observer),
  };
}

function viewsOf({ views }: Scene, service: string, site: string): readonly NodeView[] {
  return views.filter((view) => view.service === service && view.site === site);
}
