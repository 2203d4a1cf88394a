import { z } from "zod";
import type { Step, Workflow } from "../core/workflow.ts";
import { forgetAttributes } from "./attributes.ts";
import { sweepClouds } from "./claims.ts";
import { forgetCounts } from "./counts.ts";
import { destroyStep } from "./launch.ts";
import { nodesOf } from "./topology.ts";
import type { World } from "./world.ts";

export const uninstallInput = z.strictObject({
  /** Also what recipes keep, on hosts whose disk outlives the node. */
  deleteData: z.boolean().default(false),
});

export type UninstallInput = z.infer<typeof uninstallInput>;

/**
 * Destroys every node of an application, then what its nodes shared, then what is remembered of it. Data goes with the machines; on hosts
 * that are handed back with their disk it stays unless the input says otherwise. Repeatable.
 */
export function uninstallWorkflow(application: World["application"]): Workflow<World, UninstallInput> {
  return {
    name: "uninstall",
    input: uninstallInput,
    steps: (fate) => ({
      sequence: [
        { parallel: nodesOf(application).map((spec) => destroyStep(spec, fate)) },
        sweepStep(application),
        forgetStep,
      ],
    }),
  };
}

/** Also destroys nodes that an older config had and this one does not name any more. */
function sweepStep(application: World["application"]): Step<World, null> {
  return {
    name: "sweep clouds",
    output: z.null(),
    pointOfNoReturn: "machines and their disks are gone",
    run: async (world, signal) => {
      const clouds = new Set(nodesOf(application).map(({ cloud }) => cloud));
      for (const cloud of clouds) {
        const driver = await world.driver(cloud);
        for (const { id } of await driver.list(world.owner, signal)) await driver.destroy(id, signal);
      }
      await sweepClouds(world, signal);
      return null;
    },
  };
}

const forgetStep: Step<World, null> = {
  name: "forget",
  output: z.null(),
  pointOfNoReturn: "machines and their disks are gone",
  run: async (world) => {
    const { store, application, nodes } = world;
    for (const { claim } of await nodes.all()) await nodes.remove(claim.site, claim.name);
    await store.delete(`protection/${application.name}`);
    await forgetAttributes(world);
    await forgetCounts(world);
    return null;
  },
};
