import { inventory, type LocalMachine } from "../../drivers/local/inventory.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import type { Call, Outcome } from "../verb.ts";

/** Lists the machines on this computer: the application's, or everybody's. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  const owner = call.options.all === true ? undefined : await ownerOf(call);
  const machines = await inventory(owner, signal);
  if (machines.length > 0) return { text: listOf(machines), json: { machines } };
  const whose = owner === undefined ? "" : `of ${owner} `;
  return { text: `no machines ${whose}are on this computer`, json: { machines } };
}

async function ownerOf(call: Call): Promise<string> {
  await using session = await openSession(call);
  return session.world.owner;
}

function listOf(machines: readonly LocalMachine[]): string {
  const rows = machines.map(({ owner, site, name, state, address, image, memoryMb, cpus }) => [
    ...[`${site}/${name}`, owner, state, address],
    memoryMb === undefined ? "" : `${memoryMb} MiB`,
    cpus === undefined ? "" : String(cpus),
    image,
  ]);
  return table(["NODE", "OWNER", "STATE", "ADDRESS", "MEMORY", "CPUS", "IMAGE"], rows);
}
