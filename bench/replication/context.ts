import type { Flavour } from "./flavour.ts";
import type { BenchOptions } from "./options.ts";

/** What every part of the bench is given. */
export interface BenchContext {
  readonly flavour: Flavour;
  readonly options: BenchOptions;
  /** Folder of the programs that run as processes of their own. */
  readonly programs: string;
  readonly signal: AbortSignal;
}

/** Standard output is for the result alone. */
export function tell({ flavour }: Pick<BenchContext, "flavour">, text: string): void {
  console.error(`${flavour.name} ${text}`);
}
