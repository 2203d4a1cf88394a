import { z } from "zod";
import { unfinishedRun } from "../../workflow/history.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { abandonRun } from "../../workflow/runner.ts";
import { confirm } from "../confirm.ts";
import { dryRunOutcome, previewOutcome } from "../dry-run.ts";
import { resumeAny, stepsOfRun } from "../resume-any.ts";
import { noRun, runSettings, showRun } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { duration } from "../time.ts";
import { stepsToDo, stepsToUndo } from "../unfinished.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  noRun,
  z.strictObject({
    run: z.string(),
    workflow: z.string(),
    state: z.enum(["done", "unwound", "abandoned"]),
  }),
  dryRunOutcome,
]);

/** Continues the run that was killed or got stuck, or gives it up. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const settings = runSettings(session);
  const open = await findUnfinished(settings.store, settings.application);
  if (open === undefined)
    return { text: `${settings.application} has nothing to resume`, json: { run: null } };
  const { id, workflow } = open.record;
  if (call.options.dryRun === true) return await previewResume(session);
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

/** What is left to do, or to take back where that has begun. */
async function previewResume(session: Session): Promise<Outcome<typeof outcome>> {
  const { world } = session;
  const run = await unfinishedRun(world.store, world.application.name);
  if (run === undefined) return { text: "it has just ended", json: { run: null } };
  const tree = stepsOfRun(session, run);
  const back = run.state === "unwinding" || run.state === "unwind-failed";
  return await previewOutcome(
    world,
    `resume of ${run.workflow} ${run.id}${back ? ", taking back," : ""}`,
    back ? stepsToUndo(tree, run) : stepsToDo(tree, run),
    {},
  );
}
