import { hostname } from "node:os";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { history, unfinishedRun } from "../../workflow/history.ts";
import { findUnfinished } from "../../workflow/journal.ts";
import { assertIdle } from "../../workflow/runner.ts";
import { runStates } from "../../workflow/transitions.ts";
import { dryRunOutcome, previewOutcome } from "../dry-run.ts";
import { resumeAny, stepsOfRun } from "../resume-any.ts";
import { noRun, runSettings, showRun } from "../run.ts";
import { openSession, type Session } from "../session.ts";
import { duration } from "../time.ts";
import { stepsToUndo } from "../unfinished.ts";
import type { Call, Outcome } from "../verb.ts";

/** Taking back may mean to destroy every machine, one after the other. */
const longestUndoMs = 30 * 60_000;

/** What `--json` prints. */
export const outcome = z.union([
  noRun,
  z.strictObject({ run: z.string(), workflow: z.string(), state: z.enum(runStates) }),
  dryRunOutcome,
]);

/** Stops the run that is active here, or takes up the one that was killed, and takes it back. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const settings = runSettings(session);
  const open = await findUnfinished(settings.store, settings.application);
  if (open === undefined) {
    return { text: `${settings.application} has no run to abort`, json: { run: null } };
  }
  const { id, workflow } = open.record;
  if (call.options.dryRun === true) return await previewAbort(session);
  await stopHolder(session, call, signal);
  const left = await findUnfinished(settings.store, settings.application);
  if (left?.record.id !== id) return await endedElsewhere(session, id);
  using observer = showRun(session, call, signal);
  const { ms } = await resumeAny(session, workflow, { ...settings, observer, signal, mode: "unwind" });
  return {
    text: `${workflow} ${id} is taken back; nothing is left · ${duration(ms)} since it began`,
    json: { run: id, workflow, state: "unwound" },
  };
}

/** The process that runs it gets what Ctrl-C would be, and the time that it needs to take everything back. */
async function stopHolder(session: Session, { output }: Call, signal: AbortSignal): Promise<void> {
  const settings = runSettings(session);
  let told = false;
  const idle = async (): Promise<true> => {
    try {
      await assertIdle(settings, "abort");
      return true;
    } catch (error) {
      if (!told && error instanceof HotsiteError && error.code === "locked") {
        interrupt(error, output.note.bind(output));
        told = true;
      }
      throw error;
    }
  };
  await waitFor(idle, { timeoutMs: longestUndoMs, what: "the run to end" }, signal);
}

function interrupt(locked: HotsiteError, tell: (text: string) => void): void {
  const { pid, host, holder } = locked.details;
  if (host !== hostname() || typeof pid !== "number") {
    throw new HotsiteError("locked", locked.message, {
      hint: `run hotsite abort on ${String(host)}, or press Ctrl-C there`,
      details: locked.details,
      cause: locked,
    });
  }
  tell(`stopping ${String(holder)}`);
  process.kill(pid, "SIGINT");
}

async function endedElsewhere({ world }: Session, id: string): Promise<Outcome<typeof outcome>> {
  const ended = (await history(world.store, world.application.name)).find((one) => one.id === id);
  const { workflow, state } = ended ?? { workflow: "the run", state: "done" };
  const text =
    state === "unwound"
      ? `${workflow} ${id} is taken back; nothing is left`
      : `${workflow} ${id} reached its end before it could be stopped; see: hotsite status`;
  return { text, json: { run: id, workflow, state } };
}

async function previewAbort(session: Session): Promise<Outcome<typeof outcome>> {
  const { world } = session;
  const run = await unfinishedRun(world.store, world.application.name);
  if (run === undefined) return { text: "it has just ended", json: { run: null } };
  const undone = stepsToUndo(stepsOfRun(session, run), run);
  return await previewOutcome(world, `abort of ${run.workflow} ${run.id}, taking back,`, undone, {});
}
