import { z } from "zod";
import { command, type Command } from "../../core/command.ts";
import { HotsiteError } from "../../core/errors.ts";
import { activeSiteOf } from "../active-site.ts";
import { exitCodes } from "../exit.ts";
import { openSession, type Session } from "../session.ts";
import { jobsNamed, nodeOf } from "../jobs.ts";
import { Lines } from "../lines.ts";
import { needNodes } from "../target.ts";
import type { Call, Options, Outcome } from "../verb.ts";
import type { Job } from "../../lifecycle/phases.ts";

interface LogLine {
  readonly node: string;
  readonly line: string;
}

/** What `--json` prints. */
export const outcome = z.strictObject({
  lines: z.array(z.strictObject({ node: z.string(), line: z.string() })),
});

/** Shows the journals of a service's instances, or of everything on a node, side by side as they come. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  const { options, operands, output } = call;
  if (options.follow === true && options.json === true) {
    throw new HotsiteError("usage", "--follow has no end, so it cannot give one JSON object", {
      hint: "leave one of both away",
    });
  }
  await using session = await openSession(call);
  const jobs = jobsNamed(session.config.application, operands[0] ?? "");
  await needNodes(session.world);
  const many = new Set(jobs.map(nodeOf)).size > 1;
  const lines: LogLine[] = [];
  const show = (entry: LogLine): void => {
    if (options.json === true) lines.push(entry);
    else output.stream(many ? `${entry.node} | ${entry.line}\n` : `${entry.line}\n`);
  };
  const read = await Promise.all(jobs.map((job) => readJournal(session, job, call, show, signal)));
  const complete = read.includes(false) ? exitCodes.failed : exitCodes.ok;
  return { text: "", json: { lines }, exitCode: signal.aborted ? exitCodes.interrupted : complete };
}

async function readJournal(
  { world }: Session,
  job: Job,
  { options, output }: Call,
  show: (entry: LogLine) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { workOf } = await import("../../lifecycle/work.ts");
  const said = new Lines((line) => show({ node: nodeOf(job), line }));
  try {
    const { plan, shell } = await workOf(world, job, await activeSiteOf(world), signal);
    if (plan.units.length === 0) return true;
    await shell.run(journalctl(plan.units, options), signal, { onOutput: (text) => said.add(text) });
  } catch (error) {
    // Interrupting is how following ends; and a node that cannot be reached does not silence the others.
    if (signal.aborted) return true;
    if (!(error instanceof HotsiteError)) throw error;
    output.note(`✖ ${error.message}`);
    return false;
  } finally {
    said.end();
  }
  return true;
}

function journalctl(units: readonly string[], { follow, lines, since }: Options): Command {
  return command(
    "journalctl",
    ...["--no-pager", "--output", "short-iso", "--lines", String(lines ?? 100)],
    ...units.map((unit) => `--unit=${unit}`),
    ...(since === undefined ? [] : [`--since=${asJournalctl(since)}`]),
    ...(follow === true ? ["--follow"] : []),
  );
}

/** `10m` is ten minutes ago, as people mean it; journalctl wants a minus. */
function asJournalctl(since: string): string {
  return /^\d+ ?[a-z]+$/i.test(since) ? `-${since}` : since;
}
