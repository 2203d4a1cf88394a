import { test } from "@jest/globals";
import { failoverWorkflow, planFailover } from "../../failover/failover.ts";
import { planReprotect, reprotectWorkflow } from "../../failover/reprotect.ts";
import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import { everyKillResumes } from "../support/workflow-laws.ts";
import { caseOf, protectedWorld, verdict } from "./cases.ts";
import { FakeWorld, forever } from "./fake-world.ts";

test("a switchover ends the same when its process is killed at any journal write", async () => {
  await everyKillResumes(
    switchoverWorkflow,
    await caseOf(protectedWorld(), (world) => planSwitchover(world)),
  );
}, 120_000);

test("a switchover to a warm site ends the same when its process is killed at any journal write", async () => {
  const warm = protectedWorld({ standby: "warm", needsWritable: true });
  await everyKillResumes(switchoverWorkflow, await caseOf(warm, (world) => planSwitchover(world)));
}, 120_000);

test("a failover from a site that still runs ends the same when its process is killed at any journal write", async () => {
  await everyKillResumes(
    failoverWorkflow,
    await caseOf(protectedWorld(), (world) => planFailover(world, { verdict })),
  );
}, 120_000);

test("the first protection ends the same when its process is killed at any journal write", async () => {
  const fresh = async () => {
    const world = new FakeWorld();
    world.authority = { epoch: 0, writer: null };
    return world;
  };
  await everyKillResumes(reprotectWorkflow, await caseOf(fresh, (world) => planReprotect(world, forever)));
}, 120_000);
