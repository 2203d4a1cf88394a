import { planInstall } from "../../lifecycle/plan.ts";
import { activeSiteOf } from "../active-site.ts";
import { planText } from "../plan-text.ts";
import { openSession, type Session } from "../session.ts";
import { installPlan, printedPlan } from "../outcomes/plan.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = installPlan;

/** Says what `install` would do. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  return await planOutcome(session, call, signal);
}

/** The same for `install --dry-run`. */
export async function planOutcome(
  { world }: Session,
  { output, options }: Call,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const plan = await planInstall(world, await activeSiteOf(world), signal);
  const detail = output.verbose ? "some" : "none";
  return { text: planText(plan, options.commands === true ? "commands" : detail), json: printedPlan(plan) };
}
