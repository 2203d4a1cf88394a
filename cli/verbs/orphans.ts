import { z } from "zod";
import {
  findOrphans,
  reapInput,
  reapWorkflow,
  type Orphans,
  type ReapInput,
} from "../../lifecycle/orphans.ts";
import { confirm } from "../confirm.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { table } from "../table.ts";
import type { Call, Outcome } from "../verb.ts";

const orphan = z.strictObject({
  node: z.string(),
  cloud: z.string(),
  machine: z.string(),
  state: z.enum(["running", "stopped"]),
  claim: z.string(),
});

const lost = z.strictObject({ node: z.string(), machine: z.string().optional(), claim: z.string() });

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({
    application: z.string(),
    owner: z.string(),
    orphans: z.array(orphan).describe("machines that no record names"),
    gone: z.array(lost).describe("nodes whose machine no cloud has"),
  }),
  finished({
    application: z.string(),
    destroyed: reapInput.shape.machines,
    forgotten: reapInput.shape.gone,
  }),
]);

/** Lists what carries this application's mark in a cloud and is in no record, and records without a machine; `--reap` clears both. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  return await (call.options.reap === true ? reap(session, call, signal) : show(session, signal));
}

async function show({ world }: Session, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const found = await findOrphans(world, signal);
  const { owner, application } = world;
  const count = found.machines.length + found.gone.length;
  const text =
    count === 0
      ? `${application.name} has no orphans: its clouds have what the store knows, and nothing else`
      : `${listOf(found)}\nnext: hotsite orphans --reap`;
  return { text, json: { application: application.name, owner, ...factsOf(found) } };
}

async function reap(session: Session, call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const { world } = session;
  const { application } = world;
  const job = {
    workflow: reapWorkflow,
    context: world,
    plan: async () => {
      const found = await findOrphans(world, signal);
      if (found.machines.length + found.gone.length > 0) call.output.note(listOf(found));
      return {
        machines: found.machines.map(({ cloud, machine: { id, site, name } }) => ({
          ...{ cloud, id },
          name: `${site}/${name}`,
        })),
        gone: found.gone.map(({ claim: { site, name } }) => ({ site, name })),
      };
    },
    confirm: async ({ machines, gone }: ReapInput) => {
      if (machines.length + gone.length === 0) return;
      const question = `Destroy ${machines.length} machines with their disks, and forget ${gone.length} nodes?`;
      await confirm(question, call, signal);
    },
  };
  const done = await runJob(job, session, call, signal);
  const { machines, gone } = done.input;
  const text = `${machines.length} machines destroyed, ${gone.length} nodes forgotten, nothing else left`;
  return verdict(text, done, { application: application.name, destroyed: machines, forgotten: gone });
}

function listOf({ machines, gone }: Orphans): string {
  const rows = [
    ...machines.map(({ kind, machine }) => [
      `${machine.site}/${machine.name}`,
      kind,
      machine.id,
      machine.state,
      "no record names it",
    ]),
    ...gone.map(({ claim, machine }) => [
      `${claim.site}/${claim.name}`,
      "",
      machine?.id ?? "",
      "gone",
      "no cloud has its machine",
    ]),
  ];
  return table(["NODE", "CLOUD", "MACHINE", "STATE", "WHY"], rows);
}

function factsOf({ machines, gone }: Orphans) {
  return {
    orphans: machines.map(({ kind, machine: { id, site, name, state, claim } }) => ({
      ...{ node: `${site}/${name}`, cloud: kind, machine: id, state, claim },
    })),
    gone: gone.map(({ claim, machine }) => ({
      ...{ node: `${claim.site}/${claim.name}`, machine: machine?.id, claim: claim.id },
    })),
  };
}
