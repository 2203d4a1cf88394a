import { z } from "zod";
import type { Command } from "../core/command.ts";
import { HotsiteError, messageOf } from "../core/errors.ts";
import { CommandError } from "../core/shell.ts";
import { Lines } from "./lines.ts";
import { exactly } from "./outcomes/exactly.ts";
import type { Session } from "./session.ts";
import { needNodes } from "./target.ts";
import type { Call } from "./verb.ts";

/** As ssh ends when it could not run the command. */
const notRun = 255;

/** A command for one node. */
export interface Question {
  /** `east/web-1`. */
  readonly node: string;
  readonly command: Command;
}

/** How it ended there. */
export interface Answer {
  readonly node: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the command did not run to its end. */
  readonly problem?: string;
}

/** The answers of several nodes as `--json` prints them. */
export const answers = z.array(
  exactly<Answer>()(
    z.strictObject({
      node: z.string(),
      exitCode: z.int(),
      stdout: z.string(),
      stderr: z.string(),
      problem: z.string().optional().describe("why the command did not run to its end"),
    }),
  ),
);

/** Runs a command on each node at once and shows what they say, line by line with the node in front. */
export async function askAll(
  session: Session,
  questions: readonly Question[],
  call: Call,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  await needNodes(session.world);
  const width = questions.length > 1 ? Math.max(...questions.map(({ node }) => node.length)) : 0;
  const all = await Promise.all(
    questions.map((question) => answerOf(session, question, { ...call, width }, signal)),
  );
  signal.throwIfAborted();
  return all;
}

/** The largest exit code is ours; where several were asked and some failed, all are listed. */
export function outcomeOf<F extends object>(instances: readonly Answer[], call: Call, facts: F) {
  const failed = instances.filter(({ exitCode }) => exitCode !== 0);
  if (instances.length > 1 && failed.length > 0) call.output.note(summary(failed, instances));
  return {
    text: "",
    json: { ...facts, instances },
    exitCode: Math.max(0, ...instances.map(({ exitCode }) => exitCode)),
  };
}

async function answerOf(
  { world }: Session,
  { node, command }: Question,
  { output, width }: Call & { readonly width: number },
  signal: AbortSignal,
): Promise<Answer> {
  const prefix = width === 0 ? "" : `${node.padEnd(width)} | `;
  const streams = {
    stdout: new Lines((line) => output.stream(`${prefix}${line}\n`)),
    stderr: new Lines((line) => output.note(`${prefix}${line}`)),
  };
  const [site = "", name = ""] = node.split("/");
  try {
    const shell = await world.shell(site, name, signal);
    const onOutput = (text: string, stream: "stdout" | "stderr"): void => {
      if (!output.json) streams[stream].add(text);
    };
    const { code, stdout, stderr } = await shell.run(command, signal, { onOutput });
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

function summary(failed: readonly Answer[], answers: readonly Answer[]): string {
  const each = failed.map(({ node, exitCode, problem }) =>
    problem === undefined ? `${node} (exit ${exitCode})` : `${node} (not run)`,
  );
  const done = answers.filter((answer) => !failed.includes(answer)).map(({ node }) => node);
  const rest = done.length === 0 ? "" : `; done on ${done.join(", ")}`;
  return `✖ failed on ${failed.length} of ${answers.length}: ${each.join(", ")}${rest}`;
}
