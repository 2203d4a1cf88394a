import { configSchema } from "../config-schema.ts";
import type { Outcome } from "../verb.ts";

/** Prints a JSON Schema. */
export function run(): Promise<Outcome> {
  const schema = configSchema();
  return Promise.resolve({ text: JSON.stringify(schema, null, 2), json: { schema } });
}
