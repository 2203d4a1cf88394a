import { z } from "zod";
import { configSchema } from "../config-schema.ts";
import type { Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({
  schema: z.record(z.string(), z.unknown()).describe("a JSON Schema"),
});

/** Prints a JSON Schema. */
export function run(): Promise<Outcome<typeof outcome>> {
  const schema = configSchema();
  return Promise.resolve({ text: JSON.stringify(schema, null, 2), json: { schema } });
}
