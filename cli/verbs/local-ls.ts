import { z } from "zod";
import { inventory, type LocalMachine } from "../../drivers/local/inventory.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { exactly } from "../outcomes/exactly.ts";
import type { Call, Outcome } from "../verb.ts";

const machine = exactly<LocalMachine>()(
  z.strictObject({
    owner: z.string(),
    site: z.string(),
    name: z.string(),
    state: z.enum(["running", "stopped"]),
    address: z.string(),
    image: z.string(),
    memoryMb: z.number().optional().describe("absent: nothing limits it"),
    cpus: z.number().optional().describe("absent: nothing limits them"),
  }),
);

/** What `--json` prints. */
export const outcome = z.strictObject({
  owner: z.string().optional().describe("what the application is called in its clouds; absent with --all"),
  machines: z.array(machine),
});

/** Lists the machines on this computer: the application's, or everybody's. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const owner = call.options.all === true ? undefined : await ownerOf(call);
  const machines = await inventory(owner, signal);
  const json = { ...(owner !== undefined && { owner }), machines };
  if (machines.length > 0) return { text: listOf(machines), json };
  const whose = owner === undefined ? "" : `of ${owner} `;
  return { text: `no machines ${whose}are on this computer`, json };
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
