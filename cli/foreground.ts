import { spawn } from "node:child_process";
import { HotsiteError } from "../core/errors.ts";

/** Runs a program of the OpenSSH client in the foreground, with this terminal. Gives its exit code; with `json` standard output stays free for ours. */
export function inForeground(
  program: "ssh" | "scp",
  argv: readonly string[],
  json: boolean,
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
    child.once("close", (code) => resolve(code ?? 255));
  });
}
