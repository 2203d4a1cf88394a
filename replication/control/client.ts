import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { answerWithin } from "../../core/answer-within.ts";
import { feed } from "../../core/command.ts";
import { RetryableError } from "../../core/errors.ts";
import type { Shell } from "../../core/shell.ts";
import { valueOf, type Answer } from "./answer.ts";

/** As long as a link may take to end in order, when it gets another one to follow. */
const answerMs = 60_000;

/** Asks the process behind a socket on this machine. */
export async function askControl(
  socket: string,
  verb: string,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  return valueOf(JSON.parse(await post(socket, verb, input, signal)) as Answer);
}

/** A process behind a socket on a node. */
export interface ControlPlace {
  readonly shell: Shell;
  readonly socket: string;
}

/**
 * Asks it through a shell there. By curl: starting our own command takes a tenth of a second, and several of these calls stand between the
 * last write on one site and the first on the other.
 */
export async function askThere(
  { shell, socket }: ControlPlace,
  verb: string,
  input: unknown,
  signal: AbortSignal,
  ms = answerMs,
): Promise<unknown> {
  const body = input === undefined ? "" : JSON.stringify(input);
  const options = ["--silent", "--show-error", "--unix-socket", socket, "--data-binary", "@-"];
  const ask = feed(body, "curl", ...options, `http://localhost/${verb}`);
  const { code, stdout, stderr } = await answerWithin(
    { ms, who: `${shell.node}: what listens on ${socket}`, hint: "hotsite logs says what it does" },
    (inner) => shell.run(ask, inner, { accept: [0, ...NOT_ANSWERED] }),
    signal,
  );
  if (code === 0) return valueOf(parseAnswer(stdout, shell.node));
  throw new RetryableError("unreachable", `${shell.node}: nothing answers on ${socket}: ${stderr}`, {
    hint: "see whether its service runs: systemctl status",
  });
}

/** Exit codes of curl: could not connect, partial answer, empty answer, failure while receiving. */
const NOT_ANSWERED = [7, 18, 52, 56];

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
