import { z } from "zod";
import { configReference } from "../config-reference.ts";
import type { Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ reference: z.string().describe("Markdown") });

/** Prints the reference page. */
export function run(): Promise<Outcome<typeof outcome>> {
  const reference = configReference();
  return Promise.resolve({ text: reference.trimEnd(), json: { reference } });
}
