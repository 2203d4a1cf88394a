/**
 * A fault-injection switch: with HOTSITE_KILL_AFTER_JOURNAL_WRITE=N in its environment a process ends itself with
 * SIGKILL right after its N-th journal write, so that tests can interrupt a command at every step.
 */
const killAfter = Number(process.env["HOTSITE_KILL_AFTER_JOURNAL_WRITE"] ?? Number.POSITIVE_INFINITY);
let writes = 0;

/** To be called after each journal write. */
export function countJournalWrite(): void {
  writes += 1;
  if (writes === killAfter) process.kill(process.pid, "SIGKILL");
}
