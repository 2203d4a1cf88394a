import { configReference } from "../config-reference.ts";
import type { Outcome } from "../verb.ts";

/** Prints the reference page. */
export function run(): Promise<Outcome> {
  const reference = configReference();
  return Promise.resolve({ text: reference.trimEnd(), json: { reference } });
}
