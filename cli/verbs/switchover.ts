import { z } from "zod";
import { decide } from "../../failover/guards.ts";
import { switchoverGuards } from "../../failover/switchover-before.ts";
import { planSwitchover, switchoverWorkflow } from "../../failover/switchover.ts";
import { openProtection } from "../protection.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({ from: z.string(), to: z.string(), epoch: z.int() }),
  dryRunOutcome,
]);

/** Moves the primary as planned. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const context = await openProtection(session);
  const { operands, options } = call;
  const job = {
    workflow: switchoverWorkflow,
    context,
    plan: () => planSwitchover(context, { to: operands[0], skip: options.force }),
  };
  if (options.dryRun === true) {
    return await dryRun(job, async (input) => {
      const { guards } = await switchoverGuards(context, input, signal);
      return { guards: decide(guards, input.skip) };
    });
  }
  const done = await runJob(job, session, call, signal);
  const { from, to, epoch } = done.input;
  return verdict(`${to} is the primary · epoch ${epoch + 1}`, done, { from, to, epoch: epoch + 1 });
}
