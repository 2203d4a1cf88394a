import { z } from "zod";
import type { Cloud } from "../core/application.ts";
import type { Machine } from "../core/driver.ts";
import type { Step, Workflow } from "../core/workflow.ts";
import { sweepClouds } from "./claims.ts";
import type { NodeRecord } from "./nodes.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

/** A machine that carries our mark, and in which of the config's clouds it is. */
export interface FoundMachine {
  readonly cloud: number;
  readonly kind: string;
  readonly machine: Machine;
}

/** What the clouds and the store do not agree on. */
export interface Orphans {
  /** Machines that no record names. */
  readonly machines: readonly FoundMachine[];
  /** Nodes whose machine no cloud has. */
  readonly gone: readonly NodeRecord[];
}

const orphan = z.strictObject({ cloud: z.int(), id: z.string(), name: z.string() });

export const reapInput = z.strictObject({
  machines: z.array(orphan),
  gone: z.array(z.strictObject({ site: z.string(), name: z.string() })),
});

export type ReapInput = z.infer<typeof reapInput>;

/** Compares what every cloud of the config has of this application with what the store knows. */
export async function findOrphans(world: World, signal: AbortSignal): Promise<Orphans> {
  const found = await machinesOf(world, signal);
  // Read after the clouds were asked: a machine has its record before it exists.
  const records = await world.nodes.all();
  const known = new Set(records.map(({ claim }) => claim.id));
  const there = new Set(found.map(({ machine }) => machine.claim));
  return {
    machines: found.filter(({ machine }) => !known.has(machine.claim)),
    gone: records.filter(({ machine, claim }) => machine !== undefined && !there.has(claim.id)),
  };
}

/** Destroys machines that nobody knows, then what no machine needs any more, and forgets nodes whose machine is gone. Repeatable. */
export const reapWorkflow: Workflow<World, ReapInput> = {
  name: "reap",
  input: reapInput,
  steps: ({ machines, gone }) => ({
    sequence: [{ parallel: machines.map(destroyStep) }, sweepStep, { parallel: gone.map(forgetStep) }],
  }),
};

const final = "orphans and their disks are gone";

function destroyStep({ cloud, id, name }: z.infer<typeof orphan>): Step<World, null> {
  return {
    name: `${name} (${id}): destroy`,
    output: z.null(),
    pointOfNoReturn: final,
    run: async (world, signal) => {
      const found = cloudsOf(world)[cloud];
      if (found !== undefined) await (await world.driver(found)).destroy(id, signal);
      return null;
    },
  };
}

const sweepStep: Step<World, null> = {
  name: "sweep clouds",
  output: z.null(),
  pointOfNoReturn: final,
  run: async (world, signal) => {
    await sweepClouds(world, signal);
    return null;
  },
};

function forgetStep({ site, name }: { readonly site: string; readonly name: string }): Step<World, null> {
  return {
    name: `${site}/${name}: forget`,
    output: z.null(),
    pointOfNoReturn: final,
    run: async ({ nodes }) => {
      await nodes.remove(site, name);
      return null;
    },
  };
}

/** Two entries of the config may be one and the same cloud: each machine is named once. */
async function machinesOf(world: World, signal: AbortSignal): Promise<readonly FoundMachine[]> {
  const lists = cloudsOf(world).map(async (cloud, index) => {
    const machines = await (await world.driver(cloud)).list(world.owner, signal);
    return machines.map((machine) => ({ cloud: index, kind: cloud.kind, machine }));
  });
  const found = (await Promise.all(lists)).flat();
  return [...new Map(found.map((one) => [`${one.kind} ${one.machine.id}`, one])).values()];
}

function cloudsOf({ application }: World): readonly Cloud[] {
  return [...new Set(nodesOf(application).map(({ cloud }) => cloud))];
}
