import { spawn } from "node:child_process";
import { once } from "node:events";
import { withParent } from "../../test/support/program.ts";
import type { Contender } from "./race.ts";
import { database } from "./work.ts";

/** What is used everywhere for a first copy: the database's own dump, read by its own client. */
export const dump: Contender = {
  name: "dump",
  async ready({ flavour, source }, target) {
    const command = await flavour.dumpCommand(source, target, database);
    const over = new AbortController();
    let problem: string | undefined;
    let ended: Promise<unknown> = Promise.resolve();
    return {
      pids: [],
      go: () => {
        const shell = spawn(...withParent("sh", ["-c", command]), {
          stdio: ["ignore", "ignore", "pipe"],
          detached: true,
        });
        over.signal.addEventListener("abort", () => endGroup(shell.pid));
        let said = "";
        shell.stderr.on("data", (text: Buffer) => (said += text.toString()));
        ended = once(shell, "exit").then(([code]) => {
          if (code !== 0) problem = `dump: exit ${String(code)} ${said}`;
        });
        return Promise.resolve();
      },
      problem: () => Promise.resolve(problem),
      [Symbol.asyncDispose]: async () => {
        over.abort();
        await ended;
      },
    };
  },
};

/** The shell and both programs. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // They have ended.
  }
}
