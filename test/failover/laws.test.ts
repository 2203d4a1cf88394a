import { describe, test } from "@jest/globals";
import type { Workflow } from "../../core/workflow.ts";
import { failoverWorkflow, planFailover } from "../../failover/failover.ts";
import { planReprotect, reprotectWorkflow } from "../../failover/reprotect.ts";
import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import {
  everyFailureUnwinds,
  everyKillResumes,
  everyStepRepeats,
  type Case,
} from "../support/workflow-laws.ts";
import { FakeWorld, forever, type FakeOptions } from "./fake-world.ts";
import { run } from "./run.ts";

const verdict = { kind: "primary-down", actionable: true, atMs: 2, suspectMs: 1, evidence: [] } as const;

async function caseOf<I>(
  make: () => Promise<FakeWorld>,
  plan: (world: FakeWorld) => Promise<I>,
): Promise<Case<ProtectionWorld, I>> {
  return {
    input: await plan(await make()),
    freshWorld: async () => {
      const world = await make();
      return { context: world, snapshot: () => world.snapshot() };
    },
  };
}

const protectedWorld = (options?: FakeOptions) => () => FakeWorld.protected(options);

async function withoutPower(): Promise<FakeWorld> {
  const world = await FakeWorld.protected();
  world.site("east").power = "off";
  return world;
}

async function failedOver(): Promise<FakeWorld> {
  const world = await withoutPower();
  await run(failoverWorkflow, await planFailover(world, { verdict }), world);
  return world;
}

function laws<I>(
  name: string,
  workflow: Workflow<ProtectionWorld, I>,
  prepare: () => Promise<Case<ProtectionWorld, I>>,
): void {
  describe(name, () => {
    test("is as if it had never begun when a step fails, or reaches its end by a resume", async () => {
      await everyFailureUnwinds(workflow, await prepare());
    });
    test("ends the same when each step runs twice", async () => {
      await everyStepRepeats(workflow, await prepare());
    });
    test("ends the same when its process is killed after any journal write", async () => {
      await everyKillResumes(workflow, await prepare());
    }, 30_000);
  });
}

laws("a switchover", switchoverWorkflow, () => caseOf(protectedWorld(), (world) => planSwitchover(world)));
laws("a switchover to a warm site", switchoverWorkflow, () =>
  caseOf(protectedWorld({ standby: "warm", needsWritable: true }), (world) => planSwitchover(world)),
);
laws("a failover from a site that lost its power", failoverWorkflow, () =>
  caseOf(withoutPower, (world) => planFailover(world, { verdict })),
);
laws("a failover from a site that still runs", failoverWorkflow, () =>
  caseOf(protectedWorld(), (world) => planFailover(world, { verdict })),
);
laws("a reprotect", reprotectWorkflow, () => caseOf(failedOver, (world) => planReprotect(world, forever)));
