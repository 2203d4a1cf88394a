import { once } from "node:events";
import type { Client, ClientChannel } from "ssh2";
import { CredentialError, messageOf, RetryableError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Sudo } from "../core/ssh.ts";
import { killLine } from "./kill.ts";
import { within } from "./race.ts";
import type { RunningShell } from "./run.ts";
import { openingOf } from "./sudo.ts";
import type { Ending } from "./transcript.ts";

const killTimeoutMs = 3000;

/** What a running shell needs besides its channel. */
export interface ShellSurroundings {
  /** The shell is root's. */
  readonly sudo: Sudo | undefined;
  /** `site/name`. */
  readonly node: string;
  /** The error when the connection breaks under it. */
  lost(): Error;
  readonly logger: Logger;
}

/** A `sh` on the node that waits for its script. Throws like `asked`. */
export async function startShell(
  client: Client,
  { node, sudo, lost, logger }: ShellSurroundings,
  signal: AbortSignal,
): Promise<RunningShell> {
  const { line, first } = openingOf(sudo, "sh");
  const channel = await openChannel(client, line, signal);
  channel.write(first);
  return {
    stdin: channel.stdin,
    stdout: channel.stdout,
    stderr: channel.stderr,
    exited: exitOf(channel, lost),
    closed: once(channel, "close"),
    kill: async (pid) => {
      try {
        await killed(client, channel, sudo, pid);
      } catch (error) {
        logger.warn("an aborted command may still run", { pid, reason: messageOf(error) });
      }
    },
    refused: (said) => refusedShell(node, sudo, said),
    release: () => channel.close(),
  };
}

/**
 * Turns ssh2's way to answer into a promise, and its errors into ours: "too-many-sessions" when the node has no room, "unreachable" when
 * the connection is gone. Nothing has been started then.
 */
export async function asked<T extends { end(): unknown }>(
  { what, refused = "too-many-sessions" }: { what: string; refused?: string },
  ask: (answer: (error: Error | undefined, value: T) => void) => unknown,
  signal: AbortSignal,
): Promise<T> {
  const opening = new Promise<T>((resolve, reject) => {
    ask((error, value) => {
      if (error === undefined) resolve(value);
      else reject(error);
    });
  });
  try {
    const opened = await within(opening, { signal });
    if (opened !== undefined) return opened;
  } catch (cause) {
    signal.throwIfAborted();
    const code = typeof (cause as { reason?: unknown }).reason === "number" ? refused : "unreachable";
    throw new RetryableError(code, `cannot ${what}: ${messageOf(cause)}`, { cause });
  }
  // Nobody waits any more for what may still come.
  opening.then(
    (late) => late.end(),
    () => undefined,
  );
  throw signal.reason;
}

/** Starts a program on the node. Throws like `asked`. */
export function openChannel(client: Client, line: string, signal: AbortSignal): Promise<ClientChannel> {
  return asked<ClientChannel>({ what: "start a session" }, (answer) => client.exec(line, answer), signal);
}

/** How the program of a channel ended; rejects when the connection broke first. To be asked before its output is read. */
export function exitOf(channel: ClientChannel, lost: () => Error): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const end = (code: number | null, endedBy?: string): void => resolve({ code, endedBy: endedBy ?? null });
    channel.once("exit", end);
    // A program that ends at once may have told so together with its start, before anybody could listen: then this says it again.
    channel.once("close", (code?: number | null, endedBy?: string) => {
      if (code === undefined) reject(lost());
      else end(code, endedBy);
    });
  });
}

/** Such a login was let in and may not do what is needed. */
function refusedShell(node: string, sudo: Sudo | undefined, said: string): CredentialError {
  if (sudo === undefined)
    return new CredentialError(`${node}: no command can be run: ${said}`, {
      hint: "the login needs a shell that runs sh",
    });
  const password = sudo.password === undefined ? "without a password" : "with the password of the config";
  return new CredentialError(`${node}: cannot become root with sudo: ${said}`, {
    hint: `let the user run every command as root with sudo, ${password}`,
  });
}

async function killed(
  client: Client,
  channel: ClientChannel,
  sudo: Sudo | undefined,
  pid: number | undefined,
): Promise<void> {
  if (pid === undefined) {
    channel.signal("TERM");
    return;
  }
  const { line, first } = openingOf(sudo, "sh", "-c", killLine(pid));
  const killer = await openChannel(client, line, AbortSignal.timeout(killTimeoutMs));
  const closed = once(killer, "close");
  killer.end(first);
  killer.resume();
  killer.stderr.resume();
  await closed;
}
