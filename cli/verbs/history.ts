import { z } from "zod";
import { firstLine } from "../first-line.ts";
import { history, type RunHistory } from "../../workflow/history.ts";
import { openSession } from "../session.ts";
import { table } from "../table.ts";
import { oneOf } from "../target.ts";
import { duration, timestamp } from "../time.ts";
import { runHistory, runSummary } from "../outcomes/history.ts";
import type { Call, Outcome } from "../verb.ts";

/** More would scroll away what is looked for; `--json` has them all. */
const shown = 20;

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({ application: z.string(), runs: z.array(runSummary) }),
  z.strictObject({ run: runHistory }),
]);

/** Lists the runs, or the steps of one. */
export async function run(call: Call): Promise<Outcome<typeof outcome>> {
  const fit = (text: string): string => call.output.fit(text);
  await using session = await openSession(call);
  const { name } = session.config.application;
  const runs = await history(session.world.store, name);
  const [wanted] = call.operands;
  if (wanted === undefined) return listOf(name, runs, fit);
  const id = wanted === "last" ? runs.at(-1)?.id : wanted;
  const known = runs.map((one) => one.id);
  const found = runs.find((one) => one.id === oneOf(known, id ?? wanted, "run"));
  return found === undefined ? listOf(name, runs, fit) : stepsOf(found, fit);
}

type Fit = (text: string) => string;

function listOf(application: string, runs: readonly RunHistory[], fit: Fit): Outcome<typeof outcome> {
  const rows = runs
    .slice(-shown)
    .map((one) => [
      ...[timestamp(one.startedAt), one.workflow, one.state, took(one.ms), one.by],
      ...[one.id, firstLine(one.error?.message ?? "")],
    ]);
  const text = rows.length === 0 ? `${application} has no history yet` : fit(table(header, rows));
  return {
    text,
    json: { application, runs: runs.map(({ steps, ...one }) => ({ ...one, steps: steps.length })) },
  };
}

const header = ["BEGUN", "WHAT", "STATE", "TOOK", "BY", "RUN", "PROBLEM"];

function stepsOf(one: RunHistory, fit: Fit): Outcome<typeof outcome> {
  const rows = one.steps.map((step) => [
    timestamp(step.startedAt),
    step.name,
    step.state,
    took(step.ms),
    firstLine(step.error?.message ?? ""),
  ]);
  const title = `${one.workflow} ${one.id} · ${one.state} · by ${one.by}`;
  const problem = one.error === undefined ? [] : [`✖ ${one.error.message}`];
  const text = [title, ...problem, fit(table(["BEGUN", "STEP", "STATE", "TOOK", "PROBLEM"], rows))].join(
    "\n",
  );
  return { text, json: { run: one } };
}

function took(ms: number | undefined): string {
  return ms === undefined ? "" : duration(ms);
}
