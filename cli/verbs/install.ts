import { randomBytes } from "node:crypto";
import { readFacts } from "../../lifecycle/facts.ts";
import { installWorkflow } from "../../lifecycle/install.ts";
import { activeSiteOf } from "../active-site.ts";
import { runJob, verdict } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";
import { planOutcome } from "./plan.ts";

/** Makes the world as the config says. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  if (call.options.dryRun === true) return await planOutcome(session, call);
  const { world } = session;
  const { application } = world;
  const job = {
    workflow: installWorkflow(application),
    context: world,
    plan: async () => ({
      run: randomBytes(4).toString("hex"),
      activeSite: await activeSiteOf(world),
      copied: (await readFacts(world))?.copied === true,
    }),
    repeat: true,
  };
  const done = await runJob(job, session, call, signal);
  return verdict(`${application.name} is installed`, done, { application: application.name });
}
