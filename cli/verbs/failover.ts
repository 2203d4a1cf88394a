import { z } from "zod";
import { detectAndPlan, failoverWorkflow, type FailoverInput } from "../../failover/failover.ts";
import { failoverGuards } from "../../failover/failover-guards.ts";
import { decide } from "../../failover/guards.ts";
import { readFacts } from "../../lifecycle/facts.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import { confirm } from "../confirm.ts";
import { openProtection } from "../protection.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  finished({
    from: z.string(),
    to: z.string(),
    epoch: z.int(),
    next: z.string(),
    undecided: z
      .int()
      .describe("prepared by XA at the lost site, and nobody had decided on: not in the new primary"),
    lossWithinSeconds: z
      .number()
      .nullable()
      .describe(
        "how old the newest word of the lost site was: what it committed later is missing; null: not known",
      ),
  }),
  dryRunOutcome,
]);

/** Moves the primary because it is lost. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const context = await openProtection(session);
  const job = {
    workflow: failoverWorkflow,
    context,
    plan: () => planTo(context, call, signal),
    confirm: ({ from, to }: FailoverInput) =>
      confirm(`Power off ${from} and make ${to} the primary?`, call, signal),
  };
  if (call.options.dryRun === true) {
    return await dryRun(job, async (input) => {
      const { guards } = await failoverGuards(context, input, signal);
      return {
        guards: decide(guards, input.skip),
        verdict: input.verdict && verdictText(input.verdict),
      };
    });
  }
  const done = await runJob(job, session, call, signal);
  const { from, to, epoch } = done.input;
  const next = "hotsite reprotect";
  const open = (await readFacts(context))?.failover;
  const undecided = open?.undecided.length ?? 0;
  const lossWithinSeconds = open?.lossWithinSeconds ?? null;
  const left =
    undecided === 0
      ? ""
      : ` · ${undecided} prepared by XA at ${from} are not in it: hotsite replication undecided`;
  const missing = `${missingText(from, lossWithinSeconds)}${left}`;
  return verdict(`${to} is the primary · epoch ${epoch + 1} · ${missing} · next: ${next}`, done, {
    ...{ from, to, epoch: epoch + 1, next, undecided, lossWithinSeconds },
  });
}

/** Of the loss: what is known before the lost site is back and it can be counted. */
function missingText(from: string, seconds: number | null): string {
  return seconds === null
    ? `how much of ${from} it lacks is not known`
    : `it has all of ${from} up to ${seconds.toFixed(1)} s before`;
}

async function planTo(
  context: ProtectionWorld,
  { operands: [wanted], options, output }: Call,
  signal: AbortSignal,
): Promise<FailoverInput> {
  output.note("looking at the primary from every place there is");
  const input = await detectAndPlan(context, { skip: options.force }, signal);
  if (wanted !== undefined) oneOf([input.to], wanted, "standby");
  return input;
}

function verdictText({ kind, evidence }: NonNullable<FailoverInput["verdict"]>): string {
  return `${kind}: ${evidence.join("; ")}`;
}
