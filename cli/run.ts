import { hostname, userInfo } from "node:os";
import { z } from "zod";
import type { Workflow } from "../core/workflow.ts";
import type { Observer } from "../workflow/events.ts";
import { findUnfinished } from "../workflow/journal.ts";
import { resumeRun, runWorkflow } from "../workflow/runner.ts";
import { logged } from "./logged.ts";
import { showProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { duration, timestamp } from "./time.ts";
import type { Call } from "./verb.ts";

/** A workflow with what it needs. */
export interface Job<C, I> {
  readonly workflow: Workflow<C, I>;
  readonly context: C;
  /** The input of a new run, from how the world is now. */
  plan(): I | Promise<I>;
  /** Asks before a new run begins; one that was interrupted has been confirmed already. */
  confirm?(input: I): Promise<void>;
  /** A new run follows one that was continued, since the config may say something else by now. */
  readonly repeat?: boolean;
}

/** A run that reached its end, what it was asked for, and how long it took with the one that it continued. */
export interface Done<I> {
  readonly input: I;
  readonly run: string;
  readonly ms: number;
}

/** Runs a workflow and shows it; one of the same kind that was interrupted is continued. Throws whatever went wrong, with what is left. */
export async function runJob<C extends object, I>(
  job: Job<C, I>,
  session: Session,
  call: Call,
  signal: AbortSignal,
): Promise<Done<I>> {
  const { workflow, context } = job;
  using shown = showRun(session, call, signal);
  const settings = { ...runSettings(session), observer: shown, signal };
  const open = await findUnfinished(settings.store, settings.application);
  let continuedMs = 0;
  if (open?.record.workflow === workflow.name) {
    call.output.note(`continuing the ${workflow.name} of ${timestamp(open.record.startedAt)}`);
    const workflows = [workflow as Workflow<C, unknown>];
    const result = await resumeRun({ ...settings, workflows, contextFor: () => context });
    if (result.state === "done" && job.repeat !== true)
      return { input: workflow.input.parse(open.record.input), run: result.run, ms: result.ms };
    continuedMs = result.ms;
  }
  const input = await job.plan();
  await job.confirm?.(input);
  const { run, ms } = await runWorkflow({ ...settings, workflow, input, context });
  return { input, run, ms: continuedMs + ms };
}

/** Shows and logs a run, and says what an interruption does to it. */
export function showRun({ world }: Session, { output }: Call, signal: AbortSignal): Observer & Disposable {
  const progress = showProgress(output);
  const onAbort = (): void =>
    output.note("What was begun is being taken back, or carried on if that is not possible.");
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    ...logged(world.logger, progress),
    [Symbol.dispose]: () => {
      signal.removeEventListener("abort", onAbort);
      progress[Symbol.dispose]();
    },
  };
}

/** What every run of an application has in common. */
export function runSettings({ config, world }: Session) {
  return {
    application: config.application.name,
    store: world.store,
    by: `${userInfo().username}@${hostname()}`,
  };
}

/** The verdict of a run: `petclinic is uninstalled · 12.3s`. */
export function verdict<F extends object>(text: string, { run, ms }: Done<unknown>, facts: F) {
  return { text: `${text} · ${duration(ms)}`, json: { run, seconds: ms / 1000, ...facts } };
}

/** The verdict as `--json` prints it. */
export function finished<F extends z.ZodRawShape>(facts: F) {
  return z.strictObject({ run: z.string().describe("its id in the history"), seconds: z.number(), ...facts });
}

/** What verbs print that found no run to work on. */
export const noRun = z.strictObject({ run: z.null() });
