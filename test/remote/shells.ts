import { spawnSync } from "node:child_process";

/** The shells that a node may have, as far as this machine has them. */
export const shells = ["sh", "dash", "bash"].filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);

/** Runs a script from standard input, as nodes do. */
export function runIn(
  shell: string,
  script: string,
): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(shell, [], { input: script, maxBuffer: 64 * 1024 * 1024 });
  return { code: status, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
}
