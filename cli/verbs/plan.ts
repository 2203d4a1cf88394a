import { planInstall } from "../../lifecycle/plan.ts";
import { activeSiteOf } from "../active-site.ts";
import { planText } from "../plan-text.ts";
import { openSession, type Session } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Says what `install` would do. */
export async function run(call: Call): Promise<Outcome> {
  await using session = await openSession(call);
  return await planOutcome(session, call);
}

/** The same for `install --dry-run`. */
export async function planOutcome({ world }: Session, { output }: Call): Promise<Outcome> {
  const plan = await planInstall(world, await activeSiteOf(world));
  return { text: planText(plan, output.verbose), json: { ...plan } };
}
