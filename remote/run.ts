import type { Readable, Writable } from "node:stream";
import type { CommandResult } from "../core/shell.ts";
import { within } from "./race.ts";
import type { Ending, Transcript } from "./transcript.ts";

/** A shell that has just been started, here or on a node, and reads its script from standard input. */
export interface RunningShell {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The shell itself is over. Rejects when it will never be known how it ended. */
  readonly exited: Promise<Ending>;
  /** Nothing more comes from it nor from what it left running. */
  readonly closed: Promise<unknown>;
  /** Ends the process group `pid`, or whatever can be reached when the script has not told its id. */
  kill(pid: number | undefined): Promise<void>;
  /** The error when it ended before it ran the script, by what was said instead. */
  refused(said: string): Error;
  /** Stops listening to it. */
  release(): void;
}

/** How long an aborted command has to tell its process id and to die before it is left behind. */
const abortGraceMs = 3000;
/** A process that a command left running may hold its output open for ever; this long a silence after the end is taken as the last word. */
const lingerMs = 2000;

/** Runs the script of `transcript`. When `signal` is aborted the script's process group is ended first, then it rejects with the signal's reason. */
export async function runTranscript(
  shell: RunningShell,
  transcript: Transcript,
  node: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  shell.stdout.on("data", (chunk: Buffer) => transcript.take("stdout", chunk));
  shell.stderr.on("data", (chunk: Buffer) => transcript.take("stderr", chunk));
  // A shell that is gone before it read its script shows in `exited`; the broken pipe adds nothing.
  shell.stdin.on("error", () => undefined);
  shell.stdin.end(transcript.script);
  try {
    const ending = await within(shell.exited, { signal });
    if (ending === undefined) await end(shell, transcript);
    signal.throwIfAborted();
    await lastWords(shell, transcript);
    if (transcript.refusal !== undefined) throw shell.refused(transcript.refusal);
    return transcript.result(node, ending ?? (await shell.exited));
  } finally {
    shell.release();
  }
}

async function end(shell: RunningShell, transcript: Transcript): Promise<void> {
  const exited = Promise.allSettled([shell.exited]);
  const known = within(transcript.pid, { ms: abortGraceMs });
  const pid = await Promise.race([known, exited.then(() => undefined)]);
  await within(shell.kill(pid), { ms: abortGraceMs });
  await within(exited, { ms: abortGraceMs });
}

async function lastWords(shell: RunningShell, transcript: Transcript): Promise<void> {
  const closed = Promise.allSettled([shell.closed]);
  let heard = -1;
  while (heard !== transcript.heard) {
    heard = transcript.heard;
    if ((await within(closed, { ms: lingerMs })) !== undefined) return;
  }
}
