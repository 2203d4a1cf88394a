import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** What a run took of this machine. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Share of the machine that processes outside the run took: above 15 the run is noisy. */
  readonly othersPercent: number;
}

const ticksASecond = 100;

/** Begins to count; the function that it gives says what the processes took since. */
export function measureUsage(pids: readonly number[]): () => Usage {
  const mine = [...pids, process.pid];
  const [busy, own, began] = [busySeconds(), sum(mine), performance.now()];
  const counted = sum(pids);
  return () => {
    const elapsed = ((performance.now() - began) / 1000) * cpus().length;
    const others = busySeconds() - busy - (sum(mine) - own);
    return {
      cpuSeconds: sum(pids) - counted,
      othersPercent: Math.max(0, Math.round((100 * others) / elapsed)),
    };
  };
}

/** The most that a process ever had in memory, in MB; 0 when it is gone. */
export function peakRssMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

export function rssMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

function statusMb(pid: number, field: string): number {
  const kilobytes = new RegExp(`${field}:\\s+(\\d+)`).exec(read(`/proc/${pid}/status`))?.[1];
  return Math.round(Number(kilobytes ?? 0) / 1024);
}

function sum(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + cpuSecondsOf(pid), 0);
}

/** User and system time of all its threads. */
function cpuSecondsOf(pid: number): number {
  const [, fields = ""] = read(`/proc/${pid}/stat`).split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) / ticksASecond;
}

/** Of all processors together. */
function busySeconds(): number {
  const [line = ""] = read("/proc/stat").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksASecond;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
