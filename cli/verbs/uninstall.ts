import { uninstallWorkflow } from "../../lifecycle/uninstall.ts";
import { confirm } from "../confirm.ts";
import { done, dryRun, runJob } from "../run.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Destroys every machine of the application, with its data. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  const { world } = session;
  const { application } = world;
  const job = { workflow: uninstallWorkflow(application), input: {}, context: world };
  if (call.options.dryRun === true) return dryRun(job);
  await confirm(`Destroy every machine of ${application.name}, with all data on them?`, call, signal);
  const result = await runJob(job, session, call, signal);
  return done(`${application.name} is uninstalled`, result, { application: application.name });
}
