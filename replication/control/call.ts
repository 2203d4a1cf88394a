import { parseArgs } from "node:util";
import type { z } from "zod";
import { readConfig } from "./config-file.ts";

/** One call of a program of ours: `gateway reach --position … --config FILE`. */
export interface Call<T, O extends string> {
  /** Empty when there is none. */
  readonly verb: string;
  readonly config: T;
  given(option: O): string | undefined;
}

/** Reads the arguments of a call and the configuration that it is for. */
export async function readCall<T, O extends string>(
  args: readonly string[],
  options: readonly O[],
  { path, schema }: { path: string; schema: z.ZodType<T> },
): Promise<Call<T, O>> {
  const known = ["config", ...options].map((name) => [name, { type: "string" }] as const);
  const read = parseArgs({ args: [...args], allowPositionals: true, options: Object.fromEntries(known) });
  const { config, ...values } = read.values;
  const [verb = ""] = read.positionals;
  return {
    verb,
    config: await readConfig(config ?? path, schema),
    given: (option) => values[option],
  };
}
