import { HotsiteError } from "../../core/errors.ts";
import { failoverWorkflow, planFailover } from "../../failover/failover.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { done, dryRun, runJob } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Moves the primary because it is lost. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  await using protection = await openProtection(session, signal);
  const input = await planFailover(protection.world, { skip: call.options.force ?? [] });
  const [wanted] = call.operands;
  if (wanted !== undefined && wanted !== input.to) {
    throw new HotsiteError("usage", `${wanted} is not the standby; ${input.to} is`, {
      hint: "hotsite status",
    });
  }
  const job = { workflow: failoverWorkflow, input, context: protection.world };
  if (call.options.dryRun === true) return dryRun(job);
  await confirm(`Power off ${input.from} and make ${input.to} primary?`, call, signal);
  const result = await runJob(job, session, call, signal);
  return done(`${input.to} is the primary, epoch ${input.epoch + 1}; next: hotsite reprotect`, result, {
    from: input.from,
    to: input.to,
  });
}
