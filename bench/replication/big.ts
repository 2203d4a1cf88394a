import type { BenchContext } from "./context.ts";
import { mediansOf, timesFaster } from "./figures.ts";
import { hand } from "./hand.ts";
import { native } from "./native.ts";
import type { Result } from "./result.ts";
import { rounds } from "./rounds.ts";
import { oursOf } from "./speed.ts";
import { large } from "./work.ts";

const rows = 200_000;

/** W3: one transaction. A second worker is of no use to it. */
export async function bigTransaction(context: BenchContext): Promise<Result> {
  const contenders = [native(1), hand, ...oursOf(context)];
  const measured = await rounds(context, large("W3", rows), contenders);
  return {
    keys: { bigTxVsNative1: timesFaster(measured, ["native1"]) },
    details: { W3: mediansOf(measured) },
  };
}
