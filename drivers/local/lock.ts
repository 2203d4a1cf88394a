import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../core/wait.ts";

/** Longer than the slowest image build that was seen. */
const patienceMs = 30 * 60_000;

/**
 * Does `work` while no other process of this machine does work of this name. The lock of a process that died is taken over;
 * two that take it over in the same instant may both go on, so it saves work and must not be what correctness hangs on.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const path = join(tmpdir(), `hotsite-${name}.${process.getuid?.() ?? "user"}.lock`);
  await waitFor(() => take(path), { timeoutMs: patienceMs, what: `another process (${path})` }, signal);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<true | undefined> {
  try {
    await writeFile(path, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = await readFile(path, "utf8").catch(() => "");
  // An empty file is one whose holder has not written its number yet.
  if (holder !== "" && !isAlive(Number(holder))) await rm(path, { force: true });
  return undefined;
}

/** Whether a process of this number runs; one that we may not signal runs, too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
