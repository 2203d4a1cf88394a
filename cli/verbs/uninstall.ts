import { z } from "zod";
import { lastingData, type LastingData } from "../../lifecycle/data.ts";
import { uninstallWorkflow } from "../../lifecycle/uninstall.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { abandonRun } from "../../workflow/runner.ts";
import { confirm } from "../confirm.ts";
import { dryRun, dryRunOutcome } from "../dry-run.ts";
import { finished, runJob, runSettings, verdict } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { exactly } from "../outcomes/exactly.ts";
import type { Call, Outcome } from "../verb.ts";

const lasting = exactly<LastingData>()(
  z.strictObject({ node: z.string(), path: z.string(), what: z.string() }),
);

/** What `--json` prints. */
export const outcome = z.union([
  finished({ application: z.string(), kept: z.array(lasting).describe("data that stay where they are") }),
  dryRunOutcome,
]);

/** Destroys every machine of the application with its data; what hosts of people's own hold of data stays unless it is to be deleted. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const { application } = session.world;
  const deleteData = call.options.deleteData === true;
  const data = await lastingData(session.world);
  const kept = deleteData ? [] : data;
  const job = {
    workflow: uninstallWorkflow(application),
    context: session.world,
    plan: () => ({ deleteData }),
    confirm: async () => {
      await confirm(question(application.name, kept), call, signal);
      await abandonOther(session, call);
    },
  };
  if (call.options.dryRun === true) {
    return await dryRun(job, async () => ({ destroys: await destroyed(session, data, deleteData) }));
  }
  const done = await runJob(job, session, call, signal);
  const told = verdict(`${application.name} is uninstalled`, done, {
    application: application.name,
    kept,
  });
  return kept.length === 0 ? told : { ...told, text: `${told.text}\n${keptText(kept)}` };
}

function question(name: string, kept: readonly LastingData[]): string {
  if (kept.length === 0) return `Destroy every machine of ${name}, with all data on them?`;
  return `Destroy every machine of ${name}?\n${keptText(kept)}\n  deleted as well: hotsite uninstall --delete-data\nGo on?`;
}

function keptText(kept: readonly LastingData[]): string {
  return kept.map(({ node, path, what }) => `  kept on ${node}: ${path}, ${what}`).join("\n");
}

/** A run that was interrupted has nothing to go on with once everything is destroyed. */
async function abandonOther(session: Session, { output }: Call): Promise<void> {
  const settings = runSettings(session);
  if ((await findUnfinished(settings.store, settings.application)) === undefined) return;
  const { workflow, id } = await abandonRun(settings);
  output.note(`the interrupted ${workflow} ${id} is given up`);
}

async function destroyed(
  { world }: Session,
  data: readonly LastingData[],
  deleteData: boolean,
): Promise<readonly string[]> {
  const launched = (await world.nodes.all()).filter(({ machine }) => machine !== undefined);
  return launched.map(({ claim: { site, name } }) => {
    const node = `${site}/${name}`;
    if (!data.some((each) => each.node === node)) return `${node} with its disk`;
    return deleteData ? `${node} with its data` : `${node}, its data kept`;
  });
}
