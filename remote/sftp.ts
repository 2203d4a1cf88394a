import type { Client, SFTPWrapper } from "ssh2";
import type SftpClient from "ssh2-sftp-client";
import { HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import { asked } from "./channel.ts";
import { within } from "./race.ts";

/** Lets `work` move files over a connection that is open already. An abort breaks the transfer off. */
export async function withSftp<T>(
  client: Client,
  node: string,
  work: (files: SftpClient) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const session = await asked<SFTPWrapper>({ what: "start SFTP" }, (answer) => client.sftp(answer), signal);
  // Loaded here: most commands move no file.
  const { default: Sftp } = await import("ssh2-sftp-client");
  // It would open a connection of its own: give it ours, with the session just opened.
  const files: SftpClient = Object.assign(new Sftp("hotsite", {}), { client, sftp: session });
  try {
    const done = await within(
      work(files).then((value) => ({ value })),
      { signal },
    );
    if (done === undefined) throw signal.reason;
    return done.value;
  } catch (error) {
    signal.throwIfAborted();
    throw translated(node, error);
  } finally {
    session.end();
  }
}

function translated(node: string, error: unknown): unknown {
  if (error instanceof HotsiteError) return error;
  const { code } = error as { code?: unknown };
  if (code === 2 || code === "ENOENT")
    return new HotsiteError("no-such-file", `${node}: ${messageOf(error)}`, { cause: error });
  return new RetryableError("transfer-failed", `${node}: ${messageOf(error)}`, { cause: error });
}
