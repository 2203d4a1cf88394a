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
import { caseOf, failedOver, protectedWorld, verdict, withoutPower } from "./cases.ts";
import { forever } from "./fake-world.ts";

type Prepare<I> = () => Promise<Case<ProtectionWorld, I>>;

function laws<I>(name: string, workflow: Workflow<ProtectionWorld, I>, prepare: Prepare<I>): void {
  describe(name, () => {
    test("is as if it had never begun when a step fails, or reaches its end by a resume", async () => {
      await everyFailureUnwinds(workflow, await prepare());
    }, 20_000);
    test("ends the same when each step runs twice", async () => {
      await everyStepRepeats(workflow, await prepare());
    });
  });
}

function kills<I>(name: string, workflow: Workflow<ProtectionWorld, I>, prepare: Prepare<I>): void {
  test(`${name} ends the same when its process is killed at any journal write`, async () => {
    await everyKillResumes(workflow, await prepare());
  }, 60_000);
}

const warm = () =>
  caseOf(protectedWorld({ standby: "warm", needsWritable: true }), (world) => planSwitchover(world));
const lost = () => caseOf(withoutPower, (world) => planFailover(world, { verdict }));
const back = () => caseOf(failedOver, (world) => planReprotect(world, forever));

laws("a switchover", switchoverWorkflow, () => caseOf(protectedWorld(), (world) => planSwitchover(world)));
laws("a switchover to a warm site", switchoverWorkflow, warm);
laws("a failover from a site that lost its power", failoverWorkflow, lost);
laws("a failover from a site that still runs", failoverWorkflow, () =>
  caseOf(protectedWorld(), (world) => planFailover(world, { verdict })),
);
laws("a reprotect", reprotectWorkflow, back);

// The switchover has many more moments to be killed at; these are in the long suite.
kills("a failover from a site that lost its power", failoverWorkflow, lost);
kills("a reprotect", reprotectWorkflow, back);
