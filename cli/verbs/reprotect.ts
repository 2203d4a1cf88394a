import { z } from "zod";
import { evidencePath, lossOf } from "../../failover/loss.ts";
import { planReprotect, reprotectWorkflow, type ReprotectInput } from "../../failover/reprotect.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({
    active: z.string(),
    standby: z.string(),
    lost: z
      .int()
      .nullable()
      .describe(
        "transactions that only the lost site had, without Hotsite's own; null: there was no failover, or they could not be read",
      ),
    evidence: z.string().optional().describe("the file that has them"),
  }),
  dryRunOutcome,
]);

/** Makes the site that was lost the standby again. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const context = await openProtection(session);
  const job = {
    workflow: reprotectWorkflow,
    context,
    plan: () => planReprotect(context, signal, call.options.force),
    confirm: ({ active, standby }: ReprotectInput) =>
      confirm(`Replace the data of ${standby} by a copy of ${active}'s?`, call, signal),
  };
  if (call.options.dryRun === true) {
    return await dryRun(job, ({ active, standby }) => ({
      destroys: [`the data of ${standby}: a copy of ${active}'s takes its place`],
    }));
  }
  const done = await runJob(job, session, call, signal);
  const { active, standby } = done.input;
  const { text, ...loss } = await lossText(context, done.input);
  return verdict(`${standby} follows ${active}${text}`, done, { active, standby, ...loss });
}

/** What the failover that is settled now has cost: nobody should have to look for it. */
async function lossText(
  world: ProtectionWorld,
  { active, standby, failover }: ReprotectInput,
): Promise<{ readonly text: string; readonly lost: number | null; readonly evidence?: string }> {
  if (failover === null) return { text: "", lost: null };
  const found = await lossOf(world, failover.epoch);
  if (found === undefined) return { text: ` · what only ${standby} had was not read`, lost: null };
  const lost = found.transactions.filter(({ internal }) => !internal).length;
  if (lost === 0) return { text: ` · it had nothing that ${active} lacks`, lost };
  const evidence = evidencePath(world.reportsFolder, failover.epoch);
  return { text: ` · ${lost} transactions that only it had are kept in ${evidence}`, lost, evidence };
}
