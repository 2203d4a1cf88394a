import { uninstallWorkflow } from "../../lifecycle/uninstall.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { abandonRun } from "../../workflow/runner.ts";
import { confirm } from "../confirm.ts";
import { dryRun } from "../dry-run.ts";
import { runJob, runSettings, verdict } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** Destroys every machine of the application, with its data. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  const { application } = session.world;
  const job = {
    workflow: uninstallWorkflow(application),
    context: session.world,
    plan: () => ({}),
    confirm: async () => {
      await confirm(`Destroy every machine of ${application.name}, with all data on them?`, call, signal);
      await abandonOther(session, call);
    },
  };
  if (call.options.dryRun === true) {
    return await dryRun(job, async () => ({ destroys: await machinesOf(session) }));
  }
  const done = await runJob(job, session, call, signal);
  return verdict(`${application.name} is uninstalled`, done, { application: application.name });
}

/** A run that was interrupted has nothing to go on with once everything is destroyed. */
async function abandonOther(session: Session, { output }: Call): Promise<void> {
  const settings = runSettings(session);
  if ((await findUnfinished(settings.store, settings.application)) === undefined) return;
  const { workflow, id } = await abandonRun(settings);
  output.note(`the interrupted ${workflow} ${id} is given up`);
}

async function machinesOf({ world }: Session): Promise<readonly string[]> {
  const launched = (await world.nodes.all()).filter(({ machine }) => machine !== undefined);
  return launched.map(({ claim: { site, name } }) => `${site}/${name} with its disk`);
}
