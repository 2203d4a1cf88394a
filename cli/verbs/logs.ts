import { command, type Command } from "../../core/command.ts";
import { HotsiteError } from "../../core/errors.ts";
import { activeSiteOf } from "../active-site.ts";
import { exitCodes } from "../exit.ts";
import { openSession, type Session } from "../session.ts";
import { oneOf } from "../target.ts";
import type { Call, Options, Outcome } from "../verb.ts";
import type { Job } from "../../lifecycle/phases.ts";

interface LogLine {
  readonly node: string;
  readonly line: string;
}

/** Shows the journals of a service's instances, or of everything on a node, side by side as they come. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  const { options, operands, output } = call;
  if (options.follow === true && options.json === true) {
    throw new HotsiteError("usage", "--follow has no end, so it cannot give one JSON object", {
      hint: "leave one of both away",
    });
  }
  await using session = await openSession(call);
  const jobs = await jobsNamed(session, operands[0] ?? "");
  const many = new Set(jobs.map(nodeOf)).size > 1;
  const lines: LogLine[] = [];
  const show = (entry: LogLine): void => {
    if (options.json === true) lines.push(entry);
    else output.stream(many ? `${entry.node} | ${entry.line}\n` : `${entry.line}\n`);
  };
  await Promise.all(jobs.map((job) => readJournal(session, job, options, show, signal)));
  return { text: "", json: { lines }, exitCode: signal.aborted ? exitCodes.interrupted : exitCodes.ok };
}

async function jobsNamed({ config: { application } }: Session, target: string): Promise<readonly Job[]> {
  const { nodesOf } = await import("../../lifecycle/topology.ts");
  const jobs = nodesOf(application).flatMap((spec) =>
    spec.services.map((placement) => ({ spec, placement })),
  );
  const services = jobs.map(({ placement }) => placement.service.name);
  const known = [...new Set([...services, ...jobs.map(nodeOf)])];
  const name = oneOf(known, target, "service or node");
  return jobs.filter((job) => job.placement.service.name === name || nodeOf(job) === name);
}

async function readJournal(
  { world }: Session,
  job: Job,
  options: Options,
  show: (entry: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { workOf } = await import("../../lifecycle/work.ts");
  const { plan, shell } = await workOf(world, job, await activeSiteOf(world), signal);
  if (plan.units.length === 0) return;
  const emit = lineByLine((line) => show({ node: nodeOf(job), line }));
  try {
    await shell.run(journalctl(plan.units, options), signal, { onOutput: emit });
  } catch (error) {
    // Interrupting is how following ends.
    if (!signal.aborted) throw error;
  }
}

function journalctl(units: readonly string[], { follow, lines, since }: Options): Command {
  return command(
    "journalctl",
    ...["--no-pager", "--output", "short-iso", "--lines", String(lines ?? 100)],
    ...units.map((unit) => `--unit=${unit}`),
    ...(since === undefined ? [] : [`--since=${since}`]),
    ...(follow === true ? ["--follow"] : []),
  );
}

function lineByLine(emit: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(emit);
  };
}

function nodeOf({ spec }: Job): string {
  return `${spec.site}/${spec.name}`;
}
