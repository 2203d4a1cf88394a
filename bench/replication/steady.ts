import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, RowDataPacket } from "mysql2/promise";
import { tell, type BenchContext } from "./context.ts";
import { median, rounded } from "./figures.ts";
import type { Server } from "./flavour.ts";
import { native } from "./native.ts";
import { ours } from "./ours.ts";
import { untilEqual, type Contender } from "./race.ts";
import type { Result } from "./result.ts";
import { insertsSql, operationSql } from "./sql.ts";
import { openStage, type Stage } from "./stage.ts";
import { measureUsage } from "./usage.ts";
import { database, inserts, markerId, rowOf, tables } from "./work.ts";

/** W4: transactions a second, for so long; each of them one row. */
const rate = 1000;
const loadMs = 20_000;
const writers = 8;
/** Written one after the other by a writer of their own, so that the newest one at the target says that all before are there. */
const markers = 1000;
const lookEveryMs = 2;
const mostRounds = 2;

interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly transactionsPerSecond: number;
  readonly othersPercent: number;
}

/** How late a row is at the target, from before its INSERT at the source to the look that finds it. */
export async function steadyLoad(context: BenchContext): Promise<Result> {
  const { flavour, options, programs, signal } = context;
  const contenders = [native(1), ours(programs)].filter(({ name }) => !options.without.has(name));
  const found: Record<string, Latency[]> = {};
  for (let round = 1; round <= Math.min(mostRounds, options.runs); round += 1) {
    for (const contender of contenders) {
      // Nothing to catch up with.
      await using stage = await openStage(flavour, inserts("W4", 0), signal);
      const latency = await latencyOf(stage, contender, signal);
      (found[contender.name] ??= []).push(latency);
      const { p50Ms, p99Ms, othersPercent } = latency;
      tell(
        context,
        `W4 round ${round} ${contender.name}: p50 ${p50Ms} ms, p99 ${p99Ms} ms (others ${othersPercent} %)`,
      );
    }
  }
  const medians = Object.fromEntries(Object.entries(found).map(([name, runs]) => [name, medianOf(runs)]));
  const { native1, ours: mine } = medians;
  return {
    keys: {
      lagP50MsOverNative: native1 && mine && mine.p50Ms - native1.p50Ms,
      lagP99Ms: mine?.p99Ms,
    },
    details: { W4: medians },
  };
}

function medianOf(runs: readonly Latency[]): Latency {
  const of = (figure: keyof Latency): number => rounded(median(runs.map((run) => run[figure])));
  return {
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    maxMs: of("maxMs"),
    transactionsPerSecond: of("transactionsPerSecond"),
    othersPercent: of("othersPercent"),
  };
}

async function latencyOf(stage: Stage, contender: Contender, signal: AbortSignal): Promise<Latency> {
  await using target = await stage.target();
  await using runner = await contender.ready(stage, target);
  await runner.go();
  await untilEqual(stage, target, runner, signal);
  const usage = measureUsage([stage.source.pid, target.pid, ...runner.pids]);
  const began = performance.now();
  const sent: number[] = [];
  const seen = watch(target, sent, signal);
  const count = ((rate * loadMs) / 1000 - markers) / writers;
  const loads = Array.from({ length: writers }, (_, writer) => load(stage.source, writer, count, signal));
  await Promise.all([...loads, mark(stage.source, sent, signal)]);
  const seconds = (performance.now() - began) / 1000;
  const sorted = [...(await seen)].sort((a, b) => a - b);
  const part = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN);
  return {
    ...{ p50Ms: part(0.5), p99Ms: part(0.99), maxMs: part(1) },
    transactionsPerSecond: rounded((count * writers + markers) / seconds),
    othersPercent: usage().othersPercent,
  };
}

/** Each at its time; a writer that was held up hurries until it is on time again. */
async function paced(
  count: number,
  signal: AbortSignal,
  write: (step: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  for (let step = 0; step < count; step += 1) {
    const early = began + (step * loadMs) / count - performance.now();
    if (early >= 1) await sleep(early, undefined, { signal });
    signal.throwIfAborted();
    await write(step);
  }
}

async function load(source: Server, writer: number, count: number, signal: AbortSignal): Promise<void> {
  const connection = await source.connect();
  await paced(count, signal, async (step) => {
    const table = tables[step % tables.length] ?? "";
    const row = rowOf(1 + writer + writers * step);
    await connection.query(operationSql({ kind: "insert", table, row }));
  });
  await connection.end();
}

/** Notes when each marker was sent. */
async function mark(source: Server, sent: number[], signal: AbortSignal): Promise<void> {
  const connection = await source.connect();
  await paced(markers, signal, async (step) => {
    const [sql = ""] = insertsSql(markerTable, [rowOf(markerId + 1 + step)]);
    sent.push(performance.now());
    await connection.query(sql);
  });
  await connection.end();
}

/** How late each marker came. */
async function watch(
  target: Server,
  sent: readonly number[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const connection = await target.connect();
  const late: number[] = [];
  while (late.length < markers) {
    await sleep(lookEveryMs, undefined, { signal });
    const there = await newestMarker(connection);
    const now = performance.now();
    while (late.length < there) late.push(now - (sent[late.length] ?? now));
  }
  await connection.end();
  return late;
}

const markerTable = "t1";

async function newestMarker(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT MAX(id) AS id FROM ${database}.${markerTable}`,
  );
  return Number(rows[0]?.["id"] ?? markerId) - markerId;
}
