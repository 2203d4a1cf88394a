import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Command, NodeFile } from "../core/command.ts";
import { HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import type { CommandResult, RunOptions, Shell } from "../core/shell.ts";
import { placeFiles } from "./files.ts";
import { killLine } from "./kill.ts";
import { runTranscript, type RunningShell } from "./run.ts";
import { Transcript, type Ending } from "./transcript.ts";

/** The same as a shell on a node, on this machine and as this user. */
export function openLocalShell(options: { node?: string } = {}): Shell {
  return new LocalShell(options.node ?? "localhost");
}

class LocalShell implements Shell {
  readonly node: string;
  readonly #closed = new AbortController();

  constructor(node: string) {
    this.node = node;
  }

  async run(command: Command, signal: AbortSignal, options: RunOptions = {}): Promise<CommandResult> {
    const until = this.#until(signal);
    until.throwIfAborted();
    const transcript = new Transcript(command, options);
    return runTranscript(startShell(), transcript, this.node, until);
  }

  async upload(files: readonly NodeFile[], signal: AbortSignal): Promise<readonly string[]> {
    return placeFiles(this, files, signal, async (uploads) => {
      for (const { content, to } of uploads) {
        signal.throwIfAborted();
        await (typeof content === "string" ? copyFile(content, to) : writeFile(to, content));
      }
    });
  }

  async download(path: string, signal: AbortSignal): Promise<Buffer> {
    const until = this.#until(signal);
    return readFile(path, { signal: until }).catch((cause: unknown) => {
      until.throwIfAborted();
      throw new HotsiteError("no-such-file", `${this.node}: cannot read ${path}: ${messageOf(cause)}`, {
        cause,
      });
    });
  }

  async forward(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const socket = connect({ host, port });
    try {
      await once(socket, "connect", { signal: this.#until(signal) });
      return socket;
    } catch (cause) {
      socket.destroy();
      signal.throwIfAborted();
      throw new RetryableError("unreachable", `${this.node}: ${host}:${port}: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new HotsiteError("closed", `${this.node}: the connection was closed`));
    return Promise.resolve();
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closed.signal]);
  }
}

/** In a process group of its own, and without the environment of this process, which may hold secrets. */
function startShell(): RunningShell {
  const { PATH, HOME, USER } = process.env;
  const child = spawn("sh", [], {
    detached: true,
    cwd: HOME ?? "/",
    env: { PATH, HOME, USER },
    stdio: "pipe",
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited: exitOf(child),
    closed: once(child, "close"),
    kill: async () => {
      if (child.pid !== undefined) await once(spawn("sh", ["-c", killLine(child.pid)]), "close");
    },
    refused: (said) => new HotsiteError("no-shell", `sh cannot be started: ${said}`),
    release: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

async function exitOf(child: ChildProcess): Promise<Ending> {
  const [code, endedBy] = (await once(child, "exit")) as [number | null, string | null];
  return { code, endedBy };
}
