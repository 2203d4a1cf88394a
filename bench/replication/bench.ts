import { setMaxListeners } from "node:events";
import { cpus } from "node:os";
import { bigTransaction } from "./big.ts";
import { attempt, type BenchContext } from "./context.ts";
import { firstCopy } from "./copy.ts";
import { decode } from "./decode.ts";
import type { Flavour } from "./flavour.ts";
import { mariadb } from "./mariadb.ts";
import { memory } from "./memory.ts";
import { mysql } from "./mysql.ts";
import { readOptions, type Part } from "./options.ts";
import { keysOf, worseOf, type Keys, type Result } from "./result.ts";
import { smallTransactions } from "./speed.ts";
import { steadyLoad } from "./steady.ts";
import { printed } from "./table.ts";
import { wanBytes } from "./wan.ts";

const flavours: readonly Flavour[] = [mariadb, mysql];

export interface BenchCall {
  /** Folder of the programs that run as processes of their own. */
  readonly programs: string;
  readonly argv: readonly string[];
}

/** Runs what was asked for, prints the result and gives the exit code. The first Ctrl-C ends it orderly. */
export async function bench({ programs, argv }: BenchCall): Promise<number> {
  const options = readOptions(argv);
  const interrupted = new AbortController();
  setMaxListeners(0, interrupted.signal);
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  const problems: string[] = [];
  const measured: Record<string, Keys & { readonly details: unknown }> = {};
  try {
    for (const flavour of flavours.filter(({ name }) => options.flavours.includes(name)))
      measured[flavour.name] = await measure({
        flavour,
        options,
        programs,
        signal: interrupted.signal,
        problems,
      });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.error("bench: interrupted, everything is taken down");
    return 130;
  }
  const worse = worseOf(Object.values(measured));
  const result = { cores: cpus().length, runs: options.runs, ...worse, ...measured, problems };
  console.log(options.json ? JSON.stringify(result) : printed(result));
  return problems.length === 0 ? 0 : 1;
}

type Measure = (context: BenchContext) => Promise<Result>;

/** By the names that `--only` knows. */
const measures: readonly { readonly parts: readonly Part[]; readonly measure: Measure }[] = [
  { parts: ["W1", "W2"], measure: smallTransactions },
  { parts: ["W3"], measure: bigTransaction },
  { parts: ["W4"], measure: steadyLoad },
  { parts: ["wan"], measure: wanBytes },
  { parts: ["memory"], measure: memory },
  { parts: ["copy"], measure: firstCopy },
  { parts: ["decode"], measure: decode },
];

async function measure(context: BenchContext): Promise<Keys & { readonly details: unknown }> {
  const results: Result[] = [];
  for (const { parts, measure: part } of measures) {
    if (!parts.some((name) => context.options.only.has(name))) continue;
    const result = await attempt(context, parts.join(" and "), () => part(context));
    if (result !== undefined) results.push(result);
  }
  const details = Object.assign({}, ...results.map((result) => result.details)) as unknown;
  return { ...keysOf(results), details };
}
