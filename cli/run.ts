import { userInfo } from "node:os";
import type { Workflow } from "../core/workflow.ts";
import { runWorkflow } from "../workflow/run.ts";
import { stepNames } from "../workflow/step.ts";
import { showProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { duration } from "./time.ts";
import type { Call, Outcome } from "./verb.ts";

/** A workflow with what it needs. */
export interface Job<C, I> {
  readonly workflow: Workflow<C, I>;
  readonly input: I;
  readonly context: C;
}

/** What is said once it has run. */
export interface Done {
  readonly id: string;
  readonly ms: number;
}

/** Runs a workflow and shows it. Whatever went wrong is thrown, with what is left. */
export async function runJob<C extends object, I>(
  { workflow, input, context }: Job<C, I>,
  { config, world }: Session,
  { output }: Call,
  signal: AbortSignal,
): Promise<Done> {
  const began = Date.now();
  using observer = showProgress(output);
  const { id } = await runWorkflow({
    ...{ workflow, input, context, observer, signal },
    application: config.application.name,
    store: world.store,
    by: whoRuns(),
  });
  return { id, ms: Date.now() - began };
}

/** The steps that a workflow would take. */
export function dryRun<C, I>({ workflow, input }: Job<C, I>): Outcome {
  const steps = stepNames(workflow.steps(input));
  const text = [
    `${workflow.name}: ${steps.length} steps, nothing was done`,
    ...steps.map((step) => `  ${step}`),
  ];
  return { text: text.join("\n"), json: { dryRun: true, workflow: workflow.name, steps } };
}

/** `petclinic is uninstalled · 12.3s`. */
export function done(what: string, { id, ms }: Done, facts: Readonly<Record<string, unknown>> = {}): Outcome {
  return { text: `${what} · ${duration(ms)}`, json: { run: id, seconds: ms / 1000, ...facts } };
}

/** Who is asked when somebody finds the application locked. */
export function whoRuns(): string {
  return process.env["SUDO_USER"] ?? userInfo().username;
}
