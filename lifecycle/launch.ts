import { z } from "zod";
import { NodeNotFoundError } from "../core/errors.ts";
import type { Step } from "../core/workflow.ts";
import { forgetAttributes } from "./attributes.ts";
import { claimOf } from "./claims.ts";
import { clearMachine, type DataFate } from "./clear.ts";
import type { NodeSpec } from "./topology.ts";
import type { World } from "./world.ts";

/** Gives a node its machine: the claim is written down, then the cloud is called. A node that has one keeps it, powered on. */
export function launchStep(spec: NodeSpec, run: string): Step<World, { address: string }> {
  const { site, name } = spec;
  return {
    name: `${site}/${name}: launch`,
    output: z.strictObject({ address: z.string() }),

    run: (world, signal) => launchNode(world, spec, run, signal),

    async undo(world, _output, signal) {
      const record = await world.nodes.get(site, name);
      if (record?.run !== run) return;
      await destroyNode(world, spec, signal);
    },
  };
}

/** The machine of a node, launched unless it is there; `run` marks who claimed it. Repeatable. */
export async function launchNode(
  world: World,
  spec: NodeSpec,
  run: string,
  signal: AbortSignal,
): Promise<{ address: string }> {
  const { site, name } = spec;
  const record = await world.nodes.get(site, name);
  const driver = await world.driver(spec.cloud);
  const claim = record?.claim ?? claimOf(world, spec, run);
  if (record === undefined) await world.nodes.put({ claim, run });
  const machine = await driver.launch(claim, signal);
  await world.nodes.update(site, name, { machine });
  return { address: machine.address };
}

/** Destroys a node's machine, whatever became of its launch, then forgets it. Its data goes unless `fate` says otherwise. Repeatable. */
export async function destroyNode(
  world: World,
  spec: NodeSpec,
  signal: AbortSignal,
  fate: DataFate = { deleteData: true },
): Promise<void> {
  const { site, name, cloud } = spec;
  const record = await world.nodes.get(site, name);
  await clearMachine(world, spec, fate, signal);
  await world.disconnect(site, name);
  const driver = await world.driver(cloud);
  const machines = await driver.list(world.owner, signal);
  const ids = new Set(
    machines.filter((machine) => machine.site === site && machine.name === name).map(({ id }) => id),
  );
  if (record?.machine !== undefined) ids.add(record.machine.id);
  for (const id of ids) await driver.destroy(id, signal);
  await forgetAttributes(world, { site, name });
  await world.nodes.remove(site, name);
}

/** Destroys a node's machine and forgets it. */
export function destroyStep(spec: NodeSpec, fate?: DataFate): Step<World, null> {
  return {
    name: `${spec.site}/${spec.name}: destroy`,
    output: z.null(),
    pointOfNoReturn: "machines and their disks are gone",
    run: async (world, signal) => {
      await destroyNode(world, spec, signal, fate);
      return null;
    },
  };
}

/** Turns every node of a site on again and remembers where it is now. */
export async function startNodes(
  world: World,
  specs: readonly NodeSpec[],
  signal: AbortSignal,
): Promise<void> {
  const each = specs.map(async (spec) => {
    const record = await world.nodes.launched(spec.site, spec.name);
    const machine = await (await world.driver(spec.cloud)).start(record.machine.id, signal);
    await world.disconnect(spec.site, spec.name);
    await world.nodes.update(spec.site, spec.name, { machine });
  });
  await Promise.all(each);
}

/** Powers every node of a site off; resolves when the driver confirmed each. A machine that is gone cannot run either. */
export async function stopNodes(
  world: World,
  specs: readonly NodeSpec[],
  signal: AbortSignal,
): Promise<void> {
  const each = specs.map(async (spec) => {
    const record = await world.nodes.launched(spec.site, spec.name);
    const driver = await world.driver(spec.cloud);
    await driver.stop(record.machine.id, signal).catch((error: unknown) => {
      if (!(error instanceof NodeNotFoundError)) throw error;
    });
    await world.disconnect(spec.site, spec.name);
  });
  await Promise.all(each);
}
