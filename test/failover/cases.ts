import { failoverWorkflow, planFailover } from "../../failover/failover.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import type { Case } from "../support/workflow-laws.ts";
import { FakeWorld, forever, type FakeOptions } from "./fake-world.ts";
import { run } from "./run.ts";

export const verdict = {
  kind: "primary-down",
  actionable: true,
  atMs: 2,
  suspectMs: 1,
  evidence: [],
} as const;

export async function caseOf<I>(
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

export const protectedWorld = (options?: FakeOptions) => () => FakeWorld.protected(options);

export async function withoutPower(): Promise<FakeWorld> {
  const world = await FakeWorld.protected();
  await world.power("east").off(forever);
  return world;
}

export async function failedOver(): Promise<FakeWorld> {
  const world = await withoutPower();
  await run(failoverWorkflow, await planFailover(world, { verdict }), world);
  return world;
}
