import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "ssh2";
import { HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import type { Sudo } from "../core/ssh.ts";
import { exitOf, openChannel } from "./channel.ts";
import type { Upload } from "./files.ts";
import { within } from "./race.ts";
import { openingOf } from "./sudo.ts";

/** What the node is asked to run, and how. */
export interface Pouring {
  readonly client: Client;
  /** For messages. */
  readonly node: string;
  readonly sudo: Sudo | undefined;
}

/** Writes bytes into files that only root may write, without a copy that the user who logs in could read. An abort breaks it off. */
export async function pour(
  { client, node, sudo }: Pouring,
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> {
  for (const { content, to } of uploads) {
    const { line, first } = openingOf(sudo, "sh", "-c", 'cat >"$1"', "sh", to);
    const channel = await openChannel(client, line, signal);
    const lost = (): Error =>
      new RetryableError("transfer-failed", `${node}: the connection broke while ${to} was sent`);
    const exited = exitOf(channel, lost);
    let said = "";
    channel.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    channel.resume();
    channel.write(first);
    const bytes = typeof content === "string" ? createReadStream(content) : Readable.from([content]);
    try {
      await pipeline(bytes, channel.stdin, { signal });
      const ending = await within(exited, { signal });
      signal.throwIfAborted();
      if (ending?.code !== 0) throw new HotsiteError("transfer-failed", `${node}: ${to}: ${said.trim()}`);
    } catch (error) {
      exited.catch(() => undefined);
      signal.throwIfAborted();
      if (error instanceof HotsiteError) throw error;
      throw new RetryableError("transfer-failed", `${node}: ${to}: ${messageOf(error)}`, { cause: error });
    } finally {
      channel.close();
    }
  }
}
