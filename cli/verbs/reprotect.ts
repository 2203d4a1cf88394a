import { z } from "zod";
import { planReprotect, reprotectWorkflow, type ReprotectInput } from "../../failover/reprotect.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([finished({ active: z.string(), standby: z.string() }), dryRunOutcome]);

/** Makes the site that was lost the standby again. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const context = await openProtection(session);
  const job = {
    workflow: reprotectWorkflow,
    context,
    plan: () => planReprotect(context, signal),
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
  return verdict(`${standby} follows ${active}`, done, { active, standby });
}
