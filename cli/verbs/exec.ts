import { z } from "zod";
import { command, script, type Command } from "../../core/command.ts";
import { answers, askAll, outcomeOf } from "../answers.ts";
import { jobsNamed, nodeOf } from "../jobs.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ target: z.string(), instances: answers });

/** Runs one command on every instance at once; the largest exit code is ours. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const [target = "", ...words] = call.operands;
  const nodes = [...new Set(jobsNamed(session.config.application, target).map(nodeOf))];
  const questions = nodes.map((node) => ({ node, command: commandOf(words) }));
  return outcomeOf(await askAll(session, questions, call, signal), call, { target });
}

/** One word is a line for the shell, as with ssh; several keep their borders. */
function commandOf(words: readonly string[]): Command {
  const [program = "", ...args] = words;
  return args.length === 0 ? script(program) : command(program, ...args);
}
