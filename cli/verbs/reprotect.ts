import { planReprotect, reprotectWorkflow } from "../../failover/reprotect.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { done, dryRun, runJob } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Makes the site that was lost the standby again. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  await using protection = await openProtection(session, signal);
  const input = await planReprotect(protection.world, signal);
  const job = { workflow: reprotectWorkflow, input, context: protection.world };
  if (call.options.dryRun === true) return dryRun(job);
  await confirm(`Replace the data of ${input.standby} by a copy of ${input.active}'s?`, call, signal);
  const result = await runJob(job, session, call, signal);
  return done(`${input.standby} follows ${input.active} again`, result, {
    active: input.active,
    standby: input.standby,
  });
}
