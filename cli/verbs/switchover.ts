import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import { openProtection } from "../protection.ts";
import { done, dryRun, runJob } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Moves the primary as planned. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  await using protection = await openProtection(session, signal);
  const input = await planSwitchover(protection.world, {
    to: call.operands[0],
    skip: call.options.force ?? [],
  });
  const job = { workflow: switchoverWorkflow, input, context: protection.world };
  if (call.options.dryRun === true) return dryRun(job);
  const result = await runJob(job, session, call, signal);
  return done(`${input.to} is the primary, epoch ${input.epoch + 1}`, result, {
    from: input.from,
    to: input.to,
  });
}
