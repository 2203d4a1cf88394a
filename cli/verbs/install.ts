import { installWorkflow } from "../../lifecycle/install.ts";
import { activeSiteOf } from "../active-site.ts";
import { done, runJob } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";
import { planOutcome } from "./plan.ts";

/** Makes the world as the config says. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  if (call.options.dryRun === true) return planOutcome(session, signal);
  const { world } = session;
  const { application } = world;
  const input = { run: `${Date.now().toString(36)}`, activeSite: await activeSiteOf(world) };
  const job = { workflow: installWorkflow(application), input, context: world };
  const result = await runJob(job, session, call, signal);
  return done(`${application.name} is installed`, result, { application: application.name });
}
