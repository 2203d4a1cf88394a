import { z } from "zod";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { contextsOf } from "../../lifecycle/work.ts";
import type { Command } from "../../core/command.ts";
import type { Metric } from "../../core/recipe.ts";
import { activeSiteOf } from "../active-site.ts";
import { exitCodes } from "../exit.ts";
import { firstLine } from "../first-line.ts";
import { allJobs, jobsNamed, nodeOf } from "../jobs.ts";
import { exactly } from "../outcomes/exactly.ts";
import { openSession, type Session } from "../session.ts";
import { table } from "../table.ts";
import { needNodes } from "../target.ts";
import { amount } from "../units.ts";
import type { Call, Outcome } from "../verb.ts";

interface Question {
  readonly node: string;
  readonly service: string;
  readonly name: string;
  readonly metric: Pick<Metric<unknown>, "unit" | "summary">;
  readonly command: Command;
}

interface Reading {
  readonly node: string;
  readonly service: string;
  readonly metric: string;
  /** Null when it could not be read; `problem` says why. */
  readonly value: number | null;
  readonly unit: string;
  readonly summary: string;
  readonly problem?: string;
}

const reading = exactly<Reading>()(
  z.strictObject({
    node: z.string(),
    service: z.string(),
    metric: z.string(),
    value: z.number().nullable().describe("null when it could not be read; problem says why"),
    unit: z.string(),
    summary: z.string(),
    problem: z.string().optional(),
  }),
);

/** What `--json` prints. */
export const outcome = z.strictObject({ metrics: z.array(reading) });

/** Asks every instance for the numbers that its recipe knows. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const [target] = call.operands;
  const { application } = session.world;
  const jobs = target === undefined ? allJobs(application) : jobsNamed(application, target);
  await needNodes(session.world);
  const contexts = await contextsOf(session.world, jobs, await activeSiteOf(session.world));
  const questions = contexts.flatMap(({ job, context }) => {
    const { name: service, recipe } = job.placement.service;
    return Object.entries(recipe.metrics).map(([name, metric]): Question => {
      return { node: nodeOf(job), service, name, metric, command: metric.run(context) };
    });
  });
  const readings = await Promise.all(questions.map((question) => read(session, question, signal)));
  signal.throwIfAborted();
  const rows = readings.map(({ node, service, metric, value, unit, summary, problem }) => {
    return [node, service, metric, value === null ? "" : amount(value, unit), problem ?? summary];
  });
  return {
    text: rows.length === 0 ? "no metrics" : table(["NODE", "SERVICE", "METRIC", "VALUE", ""], rows),
    json: { metrics: readings },
    exitCode: readings.some(({ value }) => value === null) ? exitCodes.failed : exitCodes.ok,
  };
}

async function read(
  { world }: Session,
  { node, service, name, metric: { unit, summary }, command }: Question,
  signal: AbortSignal,
): Promise<Reading> {
  const reading = { node, service, metric: name, unit, summary };
  const [site = "", machine = ""] = node.split("/");
  try {
    const shell = await world.shell(site, machine, signal);
    const { stdout } = await shell.run(command, signal);
    const text = stdout.trim();
    const value = Number(text);
    if (text !== "" && Number.isFinite(value)) return { ...reading, value };
    return { ...reading, value: null, problem: `is no number: ${JSON.stringify(firstLine(text))}` };
  } catch (error) {
    if (!(error instanceof HotsiteError)) throw error;
    return { ...reading, value: null, problem: firstLine(messageOf(error)) };
  }
}
