import { z } from "zod";
import { loadConfig } from "../config.ts";
import { resolvedConfig } from "../resolved.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.strictObject({ path: z.string(), config: z.record(z.string(), z.unknown()) });

/** Shows what a config comes to. */
export async function run({ options, cwd }: Call): Promise<Outcome<typeof outcome>> {
  const { application, path } = await loadConfig(options.config, cwd);
  const config = resolvedConfig(application);
  return { text: JSON.stringify(config, null, 2), json: { path, config } };
}
