import type { Duplex } from "node:stream";
import type { Command, NodeFile } from "./command.ts";
import { HotsiteError, type ErrorFacts } from "./errors.ts";

export interface RunOptions {
  /** Called with each piece of output as it arrives. */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
  /** Exit codes that are an answer, not a failure. Default [0]. */
  readonly accept?: readonly number[];
}

export interface CommandResult {
  readonly code: number;
  /** Without trailing line breaks. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs commands and moves files on one node. One connection per node; calls may overlap. Closing twice is harmless. */
export interface Shell extends AsyncDisposable {
  /** `site/name` of the node, for messages. */
  readonly node: string;
  /** Throws `CommandError` on any other exit code or a signal; `RetryableError` "unreachable" when the node cannot be reached. Not retried once started. */
  run(command: Command, signal: AbortSignal, options?: RunOptions): Promise<CommandResult>;
  /** Puts each file in place atomically with its mode and owner; a file that is equal already is left alone. Gives the paths that changed. */
  upload(files: readonly NodeFile[], signal: AbortSignal): Promise<readonly string[]>;
  /** The content of a file. */
  download(path: string, signal: AbortSignal): Promise<Buffer>;
  /** A byte stream to `host:port` as the node sees it. */
  forward(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
}

/** A command that ran and failed: which node, what ran, how it ended, and the last of what it said. Secrets are redacted. */
export class CommandError extends HotsiteError {
  readonly node: string;
  readonly command: string;
  readonly exit: number | null;
  readonly endedBy: string | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    run: {
      node: string;
      command: string;
      exit: number | null;
      endedBy: string | null;
      stdout: string;
      stderr: string;
    },
    facts: ErrorFacts = {},
  ) {
    const end = run.endedBy === null ? `exit ${run.exit ?? "unknown"}` : `signal ${run.endedBy}`;
    const said = lastLines(run.stderr.trim() === "" ? run.stdout : run.stderr);
    super(
      "command-failed",
      `${run.node}: ${shorten(run.command)}: ${end}${said === "" ? "" : `\n${said}`}`,
      facts,
    );
    this.node = run.node;
    this.command = run.command;
    this.exit = run.exit;
    this.endedBy = run.endedBy;
    this.stdout = run.stdout;
    this.stderr = run.stderr;
  }
}

function lastLines(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .slice(-12)
    .map((line) => `    ${line}`)
    .join("\n")
    .trimEnd();
}

function shorten(command: string): string {
  const line = command.replaceAll(/\s+/g, " ");
  return line.length > 200 ? `${line.slice(0, 197)}…` : line;
}
