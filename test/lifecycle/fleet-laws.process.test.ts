import { describe, expect, test } from "@jest/globals";
import type { Application } from "../../core/application.ts";
import type { Workflow } from "../../core/workflow.ts";
import type { FleetWorld } from "../../lifecycle/fleet-world.ts";
import { planScale } from "../../lifecycle/scale-plan.ts";
import { scaleWorkflow } from "../../lifecycle/scale.ts";
import { planUpdate, updateWorkflow } from "../../lifecycle/update.ts";
import { RunError } from "../../workflow/run-error.ts";
import { runWorkflow } from "../../workflow/runner.ts";
import { memoryStore } from "../failover/memory-store.ts";
import {
  everyFailureUnwinds,
  everyKillResumes,
  everyStepRepeats,
  quickClock,
  type Case,
} from "../support/workflow-laws.ts";
import { fleetOf, webApplication } from "./fake-fleet.ts";

const signal = new AbortController().signal;
const usual = { run: "r1", activeSite: "east", drainMs: 10, sessionsMs: 0 };

async function scaling(from: number, count: number) {
  const application = webApplication("v1", from);
  const { context } = await fleetOf(application, application);
  const [service] = application.services;
  if (service === undefined) throw new Error("the application has no service");
  const input = await planScale(context, { ...usual, service, count, site: undefined });
  return {
    workflow: scaleWorkflow(application),
    given: { input, freshWorld: () => fleetOf(application, application) },
  };
}

async function updating(version: string, instances = 2, from: Application = webApplication("v1", instances)) {
  const application = webApplication(version, instances);
  const { context } = await fleetOf(from, application);
  const input = await planUpdate(context, { ...usual, services: application.services }, signal);
  const freshWorld = () => fleetOf(from, application);
  return { workflow: updateWorkflow(application), given: { input, freshWorld } };
}

function laws<I>(
  title: string,
  prepare: () => Promise<{ workflow: Workflow<FleetWorld, I>; given: Case<FleetWorld, I> }>,
): void {
  describe(title, () => {
    test("is as if it had never begun when a step fails, or reaches its end by a resume", async () => {
      const { workflow, given } = await prepare();
      await everyFailureUnwinds(workflow, given);
    }, 60_000);
    test("ends the same when each step runs twice", async () => {
      const { workflow, given } = await prepare();
      await everyStepRepeats(workflow, given);
    });
    test("ends the same when its process is killed at any journal write", async () => {
      const { workflow, given } = await prepare();
      await everyKillResumes(workflow, given);
    }, 60_000);
  });
}

laws("scaling out", () => scaling(2, 3));
laws("scaling in", () => scaling(3, 1));
laws("an update", () => updating("v2"));

/** Runs a workflow on a fresh world; gives how it ended, and whether requests ever had nobody to go to. */
async function runOnce<I>({
  workflow,
  given,
}: {
  workflow: Workflow<FleetWorld, I>;
  given: { input: I; freshWorld: () => ReturnType<typeof fleetOf> };
}) {
  const world = await given.freshWorld();
  const before = structuredClone(world.snapshot());
  const place = { application: "shop", store: memoryStore(), by: "a test", signal, clock: quickClock };
  const ended = await runWorkflow({ ...place, workflow, input: given.input, context: world.context }).then(
    ({ state }) => state,
    (error: unknown) => (error instanceof RunError ? error.end.run.state : String(error)),
  );
  return { ended, served: [...world.served], before, after: world.snapshot() };
}

describe("requests", () => {
  test("always have a member that works while two instances are updated", async () => {
    expect(await runOnce(await updating("v2"))).toMatchObject({ ended: "done", served: [] });
  });

  test("never see a broken version, and find everything as it was", async () => {
    const { ended, served, before, after } = await runOnce(await updating("broken"));
    expect({ ended, served, after }).toEqual({ ended: "unwound", served: [], after: before });
  });

  test("wait at the balancer while the only instance is updated, also when it is broken", async () => {
    expect(await runOnce(await updating("v2", 1))).toMatchObject({ ended: "done", served: [] });
    expect(await runOnce(await updating("broken", 1))).toMatchObject({ ended: "unwound", served: [] });
  });

  test("go to new machines when these are ready, and to old ones until they have drained", async () => {
    expect(await runOnce(await scaling(1, 4))).toMatchObject({ ended: "done", served: [] });
    expect(await runOnce(await scaling(4, 1))).toMatchObject({ ended: "done", served: [] });
  });

  test("are nobody's concern when nothing has changed", async () => {
    const { given } = await updating("v1");
    expect(given.input.instances).toEqual([]);
  });
});
