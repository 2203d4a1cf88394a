import { setTimeout as sleep } from "node:timers/promises";
import { hasMarkers, readChecksums } from "./checksums.ts";
import type { Server } from "./flavour.ts";
import type { Stage } from "./stage.ts";
import { measureUsage, peakRssMb, rssMb } from "./usage.ts";

/** Somebody who brings a source's backlog to a target. */
export interface Contender {
  readonly name: string;
  /** Everything that may be done before the clock. */
  ready(stage: Stage, target: Server): Promise<Runner>;
}

export interface Runner extends AsyncDisposable {
  /** Processes of its own. */
  readonly pids: readonly number[];
  /** The clock has started. Resolves when it has been told, not when it is done. */
  go(): Promise<void>;
  /** Why it will not come to its end, if it knows. */
  problem(): Promise<string | undefined>;
}

/** One measured run. */
export interface Run {
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** Source's answers and binlog together. */
  readonly sourceMb: number;
  readonly ownPeakMb: number;
  readonly targetGrowthMb: number;
  readonly cpuSeconds: number;
  readonly othersPercent: number;
}

const lookEveryMs = 5;
const askEveryMs = 2_000;
const longestMs = 300_000;

/** One run on a fresh target. The clock stops when the target's own checksums are the source's. */
export async function race(stage: Stage, contender: Contender, signal: AbortSignal): Promise<Run> {
  await using target = await stage.target();
  await using runner = await contender.ready(stage, target);
  const usage = measureUsage([stage.source.pid, target.pid, ...runner.pids]);
  const [sent, memory] = [await sentBytes(stage.source), rssMb(target.pid)];
  const began = performance.now();
  await runner.go();
  const seconds = ((await untilEqual(stage, target, runner, signal)) - began) / 1000;
  return {
    seconds,
    rowsPerSecond: stage.work.rows / seconds,
    sourceMb: ((await sentBytes(stage.source)) - sent) / 1e6,
    ownPeakMb: runner.pids.reduce((total, pid) => total + peakRssMb(pid), 0),
    targetGrowthMb: Math.max(0, peakRssMb(target.pid) - memory),
    ...usage(),
  };
}

/** Gives when the look was begun that found both sides equal: comparing takes time that no contender should pay. */
export async function untilEqual(
  stage: Stage,
  target: Server,
  runner: Runner,
  signal: AbortSignal,
): Promise<number> {
  const connection = await target.connect();
  const end = performance.now() + longestMs;
  let asked = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const now = performance.now();
    if ((await hasMarkers(connection)) && (await readChecksums(connection)) === stage.wanted) return now;
    if (now > asked + askEveryMs) {
      asked = now;
      const problem = now > end ? "the target never became equal to the source" : await runner.problem();
      if (problem !== undefined) throw new Error(problem);
    }
    await sleep(lookEveryMs, undefined, { signal });
  }
}

async function sentBytes(server: Server): Promise<number> {
  const [row] = await server.query("SHOW GLOBAL STATUS LIKE 'Bytes_sent'");
  return Number(row?.["Value"]);
}
