import { spawn } from "node:child_process";
import { HotsiteError } from "../core/errors.ts";
import { exitCodes } from "./exit.ts";

/** Runs a program of the OpenSSH client in the foreground, with this terminal, and ends it when we are told to stop. Gives its exit code; with `json` standard output stays free for ours. */
export function inForeground(
  program: "ssh" | "scp",
  argv: readonly string[],
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { stdio: ["inherit", json ? 2 : "inherit", "inherit"] });
    child.once("error", (cause) =>
      reject(
        new HotsiteError("no-ssh", `the program ${program} cannot be started`, {
          hint: "install the OpenSSH client",
          cause,
        }),
      ),
    );
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve(signal.aborted ? exitCodes.interrupted : (code ?? 255));
    });
  });
}
