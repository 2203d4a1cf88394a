import { Console } from "node:console";
import { setMaxListeners } from "node:events";
import { HotsiteError } from "../core/errors.ts";
import { failureJson, failureText } from "./failure.ts";
import { exitCodeOf, exitCodes } from "./exit.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { Output, type OutputStream } from "./output.ts";
import { version } from "./version.ts";

/** Where a command line runs. */
export interface Surroundings {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly cwd: string;
}

/** Runs the command line of this process and ends it with the exit code. */
export async function runCommandLine(): Promise<never> {
  // One signal stops everything that runs at once, and that may be far more than ten uploads: no sign of a leak.
  setMaxListeners(0);
  endQuietlyWithReader(process.stdout);
  // What a config or a recipe of others prints is no answer of ours.
  globalThis.console = new Console(process.stderr);
  const code = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
  });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // A connection that somebody forgot must not keep the terminal.
  process.exit(code);
}

/** Runs one command line; everything that is thrown becomes a message and an exit code here. */
export async function main(argv: readonly string[], { stdout, stderr, cwd }: Surroundings): Promise<number> {
  // Loading the whole command would take longer than answering.
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    stdout.write(`${version}\n`);
    return exitCodes.ok;
  }
  // Read here as well, so that a command line that cannot be parsed fails in the form that was asked for.
  const [json, verbose] = [asks(argv, "--json"), asks(argv, "--verbose")];
  const output = new Output({ stdout, stderr, json, verbose, live: canRedraw(stderr) });
  using interrupt = listenForInterrupt((text) => output.note(text));
  try {
    return await dispatch(argv, output, cwd, interrupt.signal);
  } catch (error) {
    if (!isInterruption(error)) output.note(failureText(error, output));
    if (json) output.result("", failureJson(error, interrupt.signal));
    return exitCodeOf(error, interrupt.signal);
  }
}

/** The person who pressed Ctrl-C knows; a run that was taken back because of it says more. */
function isInterruption(error: unknown): boolean {
  return error instanceof HotsiteError && error.code === "interrupted";
}

async function dispatch(
  argv: readonly string[],
  output: Output,
  cwd: string,
  signal: AbortSignal,
): Promise<number> {
  const { parseArguments } = await import("./program.ts");
  let said = "";
  const parsed = parseArguments(argv, {
    out: (text) => {
      said += text;
    },
    err: (text) => output.note(text.trimEnd()),
  });
  if (parsed === undefined) {
    const text = said.trimEnd();
    output.result(text, { ok: true, ...(text === version ? { version } : { help: text }) });
    return exitCodes.ok;
  }
  const { run } = await parsed.verb.load();
  const outcome = await run({ ...parsed, verb: parsed.verb.name, output, cwd }, signal);
  output.result(outcome.text, { ok: (outcome.exitCode ?? 0) === 0, ...outcome.json });
  return outcome.exitCode ?? exitCodes.ok;
}

/** A terminal that understands more than lines; the log of a CI job only looks like one. */
function canRedraw(stream: OutputStream): boolean {
  return stream.isTTY === true && process.env["TERM"] !== "dumb" && (process.env["CI"] ?? "") === "";
}

/** Whether an option stands before `--`, after which everything belongs to another program. */
function asks(argv: readonly string[], option: string): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? undefined : end).includes(option);
}

/** `hotsite history | head` is no error. */
function endQuietlyWithReader(stream: OutputStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.ok);
    process.stderr.write(`✖ the answer cannot be written: ${error.message}\n`);
    process.exit(exitCodes.failed);
  });
}

function flushed(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}
