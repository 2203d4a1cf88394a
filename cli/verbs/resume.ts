import { findUnfinished } from "../../workflow/journal.ts";
import { abandonRun } from "../../workflow/runner.ts";
import { confirm } from "../confirm.ts";
import { resumeAny } from "../resume-any.ts";
import { runSettings, showRun } from "../run.ts";
import { openSession } from "../session.ts";
import { duration } from "../time.ts";
import type { Call, Outcome } from "../verb.ts";

/** Continues the run that was killed or got stuck, or gives it up. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  const settings = runSettings(session);
  const open = await findUnfinished(settings.store, settings.application);
  if (open === undefined)
    return { text: `${settings.application} has nothing to resume`, json: { run: null } };
  const { id, workflow } = open.record;
  if (call.options.abandon === true) {
    await confirm(`Leave everything as it is and give up the ${workflow} ${id}?`, call, signal);
    await abandonRun(settings);
    return {
      text: `${workflow} ${id} is given up; see: hotsite status`,
      json: { run: id, workflow, state: "abandoned" },
    };
  }
  using observer = showRun(session, call, signal);
  const { state, ms } = await resumeAny(session, workflow, { ...settings, observer, signal });
  const end = state === "done" ? "is done" : "is taken back; nothing is left";
  return {
    text: `${workflow} ${id} ${end} · ${duration(ms)} since it began`,
    json: { run: id, workflow, state },
  };
}
