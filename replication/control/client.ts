import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Command } from "../../core/command.ts";
import { RetryableError } from "../../core/errors.ts";
import type { Shell } from "../../core/shell.ts";
import { valueOf, type Answer } from "./answer.ts";

/** Asks the process behind a socket on this machine. */
export async function askControl(
  socket: string,
  verb: string,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  return valueOf(JSON.parse(await post(socket, verb, input, signal)) as Answer);
}

/** Runs a control command on a node and gives the value that it answers. */
export async function runControl(shell: Shell, command: Command, signal: AbortSignal): Promise<unknown> {
  const { stdout, stderr } = await shell.run(command, signal, { accept: [0, 1] });
  return valueOf(parseAnswer(stdout, `${shell.node}: the control command gave no answer: ${stderr}`));
}

async function post(socket: string, verb: string, input: unknown, signal: AbortSignal): Promise<string> {
  try {
    const asking = request({ socketPath: socket, path: `/${verb}`, method: "POST", signal });
    asking.end(JSON.stringify(input));
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    return await text(response);
  } catch (cause) {
    signal.throwIfAborted();
    throw new RetryableError("unreachable", `nothing answers on ${socket}`, {
      cause,
      hint: "see whether its service runs: systemctl status",
    });
  }
}

function parseAnswer(stdout: string, problem: string): Answer {
  try {
    return JSON.parse(stdout) as Answer;
  } catch (cause) {
    throw new RetryableError("unreachable", problem, { cause });
  }
}
