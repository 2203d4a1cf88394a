import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Ended } from "./support.ts";

const bin = fileURLToPath(new URL("../../bin/hotsite.js", import.meta.url));

/** Runs the built command as people do, in a process of its own without a terminal. */
export function hotsiteProcess(argv: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...argv], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}
