import { messageOf } from "../../core/errors.ts";
import type { Flavour } from "./flavour.ts";
import type { BenchOptions } from "./options.ts";

/** What every part of the bench is given. */
export interface BenchContext {
  readonly flavour: Flavour;
  readonly options: BenchOptions;
  /** Folder of the programs that run as processes of their own. */
  readonly programs: string;
  readonly signal: AbortSignal;
  /** What went wrong so far; the rest is measured all the same. */
  readonly problems: string[];
}

/** What `work` gives; undefined when it failed, which is noted. */
export async function attempt<T>(
  context: BenchContext,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    context.signal.throwIfAborted();
    const problem = `${what}: ${messageOf(error)}`;
    context.problems.push(`${context.flavour.name} ${problem}`);
    tell(context, problem);
    return undefined;
  }
}

/** Standard output is for the result alone. */
export function tell({ flavour }: Pick<BenchContext, "flavour">, text: string): void {
  console.error(`${flavour.name} ${text}`);
}
