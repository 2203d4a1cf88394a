import { command, script, type Command } from "../../core/command.ts";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { CommandError } from "../../core/shell.ts";
import { jobsNamed, nodeOf } from "../jobs.ts";
import { Lines } from "../lines.ts";
import { openSession, type Session } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** As ssh ends when it could not run the command. */
const notRun = 255;

interface Answer {
  readonly node: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the command did not run to its end. */
  readonly problem?: string;
}

/** Runs one command on every instance at once; the largest exit code is ours. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome> {
  await using session = await openSession(call);
  const [target = "", ...words] = call.operands;
  const nodes = [...new Set(jobsNamed(session.config.application, target).map(nodeOf))];
  const width = nodes.length > 1 ? Math.max(...nodes.map((node) => node.length)) : 0;
  const answers = await Promise.all(
    nodes.map((node) => answerOf(session, { node, command: commandOf(words), width }, call, signal)),
  );
  signal.throwIfAborted();
  const failed = answers.filter(({ exitCode }) => exitCode !== 0);
  if (width > 0 && failed.length > 0) call.output.note(summary(failed, answers.length));
  return {
    text: "",
    json: { target, instances: answers },
    exitCode: Math.max(0, ...answers.map(({ exitCode }) => exitCode)),
  };
}

/** One word is a line for the shell, as with ssh; several keep their borders. */
function commandOf(words: readonly string[]): Command {
  const [program = "", ...args] = words;
  return args.length === 0 ? script(program) : command(program, ...args);
}

interface Question {
  readonly node: string;
  readonly command: Command;
  /** Of the prefix of each line; 0: none. */
  readonly width: number;
}

async function answerOf(
  { world }: Session,
  { node, command: wanted, width }: Question,
  { output }: Call,
  signal: AbortSignal,
): Promise<Answer> {
  const prefix = width === 0 ? "" : `${node.padEnd(width)} | `;
  const streams = {
    stdout: new Lines((line) => output.stream(`${prefix}${line}\n`)),
    stderr: new Lines((line) => output.note(`${prefix}${line}`)),
  };
  const quiet = output.json;
  const [site = "", name = ""] = node.split("/");
  try {
    const shell = await world.shell(site, name, signal);
    const onOutput = (text: string, stream: "stdout" | "stderr"): void => {
      if (!quiet) streams[stream].add(text);
    };
    const { code, stdout, stderr } = await shell.run(wanted, signal, { onOutput });
    return { node, exitCode: code, stdout, stderr };
  } catch (error) {
    if (error instanceof CommandError && error.exit !== null) {
      return { node, exitCode: error.exit, stdout: error.stdout, stderr: error.stderr };
    }
    if (!(error instanceof HotsiteError)) throw error;
    if (!signal.aborted) output.note(`✖ ${messageOf(error)}`);
    return { node, exitCode: notRun, stdout: "", stderr: "", problem: messageOf(error) };
  } finally {
    streams.stdout.end();
    streams.stderr.end();
  }
}

function summary(failed: readonly Answer[], all: number): string {
  const each = failed.map(({ node, exitCode, problem }) =>
    problem === undefined ? `${node} (exit ${exitCode})` : `${node} (not run)`,
  );
  return `✖ failed on ${failed.length} of ${all}: ${each.join(", ")}`;
}
