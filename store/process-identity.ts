import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process that cannot be mistaken for another one which got its number later. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** One start of the machine. */
  readonly boot: string;
  /** Where the pid counts: each container has its own numbers. */
  readonly namespace: string;
  /** When the process started, in the kernel's ticks; absent where the kernel does not tell. */
  readonly started?: string;
}

/** The identity of a process of this machine that runs now. */
export function identify(pid: number): ProcessIdentity {
  const started = processState(pid)?.started;
  return {
    pid,
    host: hostname(),
    boot: bootId(),
    namespace: namespace(),
    ...(started === undefined ? {} : { started }),
  };
}

/** `unknown` when it cannot be seen from here. */
export function lifeOf(identity: ProcessIdentity): "alive" | "dead" | "unknown" {
  // The file is shared through mapped memory, so everyone who ever opened it ran on this machine.
  if (identity.boot !== bootId()) return "dead";
  if (identity.namespace !== namespace()) return "unknown";
  if (!answers(identity.pid)) return "dead";
  const now = processState(identity.pid);
  if (now === undefined || identity.started === undefined) return "alive";
  return now.started === identity.started && !now.ended ? "alive" : "dead";
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** From /proc; undefined on systems without it. */
function processState(pid: number): { started: string; ended: boolean } | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything, also blanks and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, started] = [fields?.[0], fields?.[19]];
  if (state === undefined || started === undefined) return undefined;
  return { started, ended: state === "Z" || state === "X" };
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id")?.trim() ?? hostname();
}

function namespace(): string {
  return readIfThere(() => readlinkSync("/proc/self/ns/pid")) ?? hostname();
}

function readText(path: string): string | undefined {
  return readIfThere(() => readFileSync(path, "utf8"));
}

function readIfThere(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // A process may end while its file is read.
    if (["ENOENT", "ESRCH", "EACCES"].includes(code)) return undefined;
    throw error;
  }
}
