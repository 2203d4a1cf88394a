import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Application } from "../../core/application.ts";
import type { Workflow } from "../../core/workflow.ts";
import type { FleetWorld } from "../../lifecycle/fleet-world.ts";
import { installWorkflow, rolledInstances, type InstallInput } from "../../lifecycle/install.ts";
import { uninstallWorkflow } from "../../lifecycle/uninstall.ts";
import { history } from "../../workflow/history.ts";
import { resumeRun, runWorkflow } from "../../workflow/runner.ts";
import { memoryStore } from "../failover/memory-store.ts";
import { killAtWrite } from "../support/kill-at-write.ts";
import {
  everyFailureUnwinds,
  everyKillResumes,
  everyStepRepeats,
  quickClock,
  type Case,
} from "../support/workflow-laws.ts";
import { fleetOf, webApplication, type FakeFleet } from "./fake-fleet.ts";

const signal = new AbortController().signal;

/** Stands where people knock: it answers when the balancer of the latest world would. */
let latest: FakeFleet | undefined;
const door = createServer((_request, response) => {
  response.writeHead(latest?.answers() === true ? 200 : 503).end();
});

beforeAll(async () => {
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
});
afterAll(() => {
  door.closeAllConnections();
  door.close();
});

async function worldOf(installed: Application | undefined, application: Application): Promise<FakeFleet> {
  const { port } = door.address() as AddressInfo;
  latest = await fleetOf(installed, application, { door: { host: "127.0.0.1", port } });
  return latest;
}

interface Prepared<I> {
  readonly workflow: Workflow<FleetWorld, I>;
  readonly given: Case<FleetWorld, I>;
}

async function installing(from: Application | undefined, to: Application): Promise<Prepared<InstallInput>> {
  const { context } = await worldOf(from, to);
  const roll =
    from === undefined ? [] : [...(await rolledInstances({ ...context, application: from }, "east", signal))];
  const input = { run: "r1", activeSite: "east", copied: false, roll, drainMs: 10, sessionsMs: 0 };
  return { workflow: installWorkflow(to), given: { input, freshWorld: () => worldOf(from, to) } };
}

function uninstalling(application: Application): Promise<Prepared<{ deleteData: boolean }>> {
  const given = { input: { deleteData: false }, freshWorld: () => worldOf(application, application) };
  return Promise.resolve({ workflow: uninstallWorkflow(application), given });
}

function laws<I>(title: string, prepare: () => Promise<Prepared<I>>): void {
  describe(title, () => {
    test("is as if it had never begun when a step fails, or reaches its end by a resume", async () => {
      const { workflow, given } = await prepare();
      await everyFailureUnwinds(workflow, given);
    }, 60_000);
    test("ends the same when each step runs twice", async () => {
      const { workflow, given } = await prepare();
      await everyStepRepeats(workflow, given);
    });
  });
}

function kills<I>(title: string, prepare: () => Promise<Prepared<I>>): void {
  test(`${title} ends the same when its process is killed at any journal write`, async () => {
    const { workflow, given } = await prepare();
    await everyKillResumes(workflow, given);
  }, 60_000);
}

const fresh = () => installing(undefined, webApplication("v1", 1));

laws("an installation", () => installing(undefined, webApplication("v1", 2)));
kills("an installation", fresh);
laws("an installation on more machines", () => installing(webApplication("v1", 2), webApplication("v1", 3)));
laws("an uninstallation", () => uninstalling(webApplication("v1", 2)));
kills("an uninstallation", () => uninstalling(webApplication("v1", 2)));

test("an installation that was killed at any journal write is taken back by abort, with nothing left", async () => {
  const { workflow, given } = await fresh();
  let write = 1;
  while (await abortedAfter(workflow, given, write)) write += 1;
  expect(write).toBeGreaterThan(20);
}, 60_000);

/** Kills a run at its n-th journal write and aborts it as the verb does; false when it reached its end before. */
async function abortedAfter<I>(
  workflow: Workflow<FleetWorld, I>,
  { input, freshWorld }: Case<FleetWorld, I>,
  write: number,
): Promise<boolean> {
  const world = await freshWorld();
  const before = structuredClone(world.snapshot());
  const store = memoryStore();
  const place = { application: "shop", by: "a test", clock: quickClock, signal };
  await runWorkflow({
    ...{ ...place, workflow, input, context: world.context },
    store: killAtWrite(store, write, "after"),
  }).catch(() => undefined);
  const [run] = await history(store, "shop");
  if (run?.state === "done") return false;
  const workflows = [workflow as Workflow<FleetWorld, unknown>];
  await resumeRun({ ...place, store, workflows, contextFor: () => world.context, mode: "unwind" });
  const [ended] = await history(store, "shop");
  expect({ write, state: ended?.state, world: world.snapshot() }).toEqual({
    write,
    state: "unwound",
    world: before,
  });
  return true;
}
