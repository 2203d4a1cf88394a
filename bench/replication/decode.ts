import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { account } from "./accounts.ts";
import { tell, type BenchContext } from "./context.ts";
import { decodeAnswer, type DecodeTask } from "./decode-task.ts";
import { median, rounded } from "./figures.ts";
import type { Result } from "./result.ts";
import { openStage, type Stage } from "./stage.ts";
import { database, inserts, large, tables, type Work } from "./work.ts";

const readers = ["ours", "zongji"] as const;

/** Reading alone: the binlog of a source into rows in memory, by our feeder's own reader and by zongji as it comes. */
export async function decode(context: BenchContext): Promise<Result> {
  const works = [inserts("small transactions", 50_000), large("large transaction", 500_000)];
  const ratios: number[] = [];
  const details: Record<string, Record<string, number>> = {};
  for (const work of works) {
    const { ratio, rates } = await compare(context, work);
    ratios.push(ratio);
    details[`rows/s, ${work.name}`] = rates;
  }
  return { keys: { decodeVsZongji: Math.min(...ratios) }, details: { decode: details } };
}

async function compare(
  context: BenchContext,
  work: Work,
): Promise<{ readonly ratio: number; readonly rates: Record<string, number> }> {
  const { flavour, options, signal } = context;
  tell(context, `decode, ${work.name}: making the backlog`);
  await using stage = await openStage(flavour, work, signal);
  const to = (await flavour.place(stage.source)).gtid;
  const rates: Record<string, number[]> = {};
  for (let round = 1; round <= options.runs; round += 1) {
    for (const reader of readers) {
      const rate = await rateOf(context, stage, reader, to);
      (rates[reader] ??= []).push(rate);
      tell(context, `decode, ${work.name}, round ${round} ${reader}: ${rounded(rate)} rows/s`);
    }
  }
  const ratios = (rates["ours"] ?? []).map((rate, round) => rate / (rates["zongji"]?.[round] ?? NaN));
  const medians = readers.map((reader) => [reader, rounded(median(rates[reader] ?? []))] as const);
  return { ratio: median(ratios), rates: Object.fromEntries(medians) };
}

/** Each time in a new process: one that has read before would be faster. */
async function rateOf(
  { programs, signal }: BenchContext,
  { source, from, work }: Stage,
  reader: (typeof readers)[number],
  to: string,
): Promise<number> {
  const rows = work.rows + tables.length;
  const task: DecodeTask = {
    ...{ port: source.port, ...account, from: from.gtid, to, database, rows },
  };
  const program = join(programs, `decode-${reader}.mjs`);
  const running = promisify(execFile)(process.execPath, [program, JSON.stringify(task)], { signal });
  const { stdout } = await running;
  const { rows: seen, seconds } = decodeAnswer.parse(JSON.parse(stdout));
  if (seen !== rows) throw new Error(`${reader} saw ${seen} rows of ${rows}`);
  return rows / seconds;
}
