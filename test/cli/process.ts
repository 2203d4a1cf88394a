import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { waitFor } from "../../core/wait.ts";
import { checkPrinted } from "./printed.ts";
import type { Ended } from "./support.ts";

const bin = fileURLToPath(new URL("../../bin/hotsite.js", import.meta.url));

/** A command that runs in a process of its own, without a terminal. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves once this text is on standard error. */
  said(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built command as people do. */
export function startHotsite(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  const textOf = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString();
  child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
  child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
  const closed = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code: code ?? -1, stdout: textOf(stdout), stderr: textOf(stderr) }),
    );
  });
  const ended = closed.then(async (end) => {
    // One that was killed may have been cut off in the middle of a line.
    if (end.code >= 0) await checkPrinted(argv, end.stdout);
    return end;
  });
  const said = async (text: string): Promise<void> => {
    const look = () => Promise.resolve(textOf(stderr).includes(text) ? true : undefined);
    const options = { timeoutMs: 20_000, intervalMs: 20, what: `the command to say ${text}` };
    await Promise.race([waitFor(look, options, AbortSignal.timeout(30_000)), failIfEnded(ended, text)]);
  };
  return { pid: child.pid ?? 0, ended, said, kill: (signal) => child.kill(signal) };
}

/** Runs the built command to its end. */
export function hotsiteProcess(argv: readonly string[], cwd: string): Promise<Ended> {
  return startHotsite(argv, cwd).ended;
}

/** Builds the command when its sources have changed, so that the tests that follow only run it. */
export async function builtHotsite(): Promise<void> {
  const { code, stderr } = await hotsiteProcess(["--version"], ".");
  if (code !== 0) throw new Error(stderr);
}

async function failIfEnded(ended: Promise<Ended>, text: string): Promise<never> {
  const { code, stderr } = await ended;
  throw new Error(`the command ended with ${code} and never said ${text}:\n${stderr}`);
}
