import { once } from "node:events";
import type { Client, ClientChannel } from "ssh2";
import { messageOf, RetryableError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { killLine } from "./kill.ts";
import { within } from "./race.ts";
import type { RunningShell } from "./run.ts";
import type { Ending } from "./transcript.ts";

const killTimeoutMs = 3000;

/** What a running shell needs besides its channel. */
export interface ShellSurroundings {
  /** The error when the connection breaks under it. */
  lost(): Error;
  readonly logger: Logger;
}

/** A `sh` on the node that waits for its script. Throws like `asked`. */
export async function startShell(
  client: Client,
  { lost, logger }: ShellSurroundings,
  signal: AbortSignal,
): Promise<RunningShell> {
  const channel = await openChannel(client, "exec sh", signal);
  return {
    stdin: channel.stdin,
    stdout: channel.stdout,
    stderr: channel.stderr,
    exited: exitOf(channel, lost),
    closed: once(channel, "close"),
    kill: async (pid) => {
      try {
        await killed(client, channel, pid);
      } catch (error) {
        logger.warn("an aborted command may still run", { pid, reason: messageOf(error) });
      }
    },
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

function openChannel(client: Client, line: string, signal: AbortSignal): Promise<ClientChannel> {
  return asked<ClientChannel>({ what: "start a session" }, (answer) => client.exec(line, answer), signal);
}

function exitOf(channel: ClientChannel, lost: () => Error): Promise<Ending> {
  return new Promise((resolve, reject) => {
    channel.once("exit", (code: number | null, endedBy?: string) =>
      resolve({ code, endedBy: endedBy ?? null }),
    );
    channel.once("close", () => reject(lost()));
  });
}

async function killed(client: Client, channel: ClientChannel, pid: number | undefined): Promise<void> {
  if (pid === undefined) {
    channel.signal("TERM");
    return;
  }
  const killer = await openChannel(client, killLine(pid), AbortSignal.timeout(killTimeoutMs));
  const closed = once(killer, "close");
  killer.resume();
  killer.stderr.resume();
  await closed;
}
