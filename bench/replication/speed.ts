import type { BenchContext } from "./context.ts";
import { Debezium } from "./debezium.ts";
import { mediansOf, timesFaster } from "./figures.ts";
import { hand } from "./hand.ts";
import { native } from "./native.ts";
import type { Contender } from "./race.ts";
import { ours } from "./ours.ts";
import type { Result } from "./result.ts";
import { rounds, type Rounds } from "./rounds.ts";
import { inserts, mixed, type Work } from "./work.ts";

const transactions = 20_000;
const preloaded = 50_000;
const workers = [1, 2, 4, 8];
const natives = workers.map((count) => native(count));

/** Who compares it with others that are warm takes the first; the other one has not replicated anything before. */
export function oursOf({ programs }: BenchContext): readonly Contender[] {
  return [ours(programs, { warm: true }), ours(programs, {}, "oursJustStarted")];
}

/** W1 and W2: small transactions. Of each ratio the worse of the two works counts. */
export async function smallTransactions(context: BenchContext): Promise<Result> {
  const { only } = context.options;
  const works: Work[] = [];
  if (only.has("W1")) works.push(inserts("W1", transactions));
  if (only.has("W2")) works.push(mixed("W2", transactions, preloaded));
  await using debezium = new Debezium();
  const contenders = [...natives, debezium.contender, hand, ...oursOf(context)];
  const measured: [string, Rounds][] = [];
  for (const work of works) measured.push([work.name, await rounds(context, work, contenders)]);
  const worst = (peers: readonly string[]): number | undefined =>
    least(measured.map(([, each]) => timesFaster(each, peers)));
  return {
    keys: {
      applyVsNative1: worst(["native1"]),
      applyVsNativeBest: worst(natives.slice(1).map(({ name }) => name)),
      applyVsHandBatched: worst(["hand"]),
      vsDebezium: worst(["debezium"]),
    },
    details: Object.fromEntries(measured.map(([name, each]) => [name, mediansOf(each)])),
  };
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
