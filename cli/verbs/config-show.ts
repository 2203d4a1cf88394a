import { loadConfig } from "../config.ts";
import { resolvedConfig } from "../resolved.ts";
import type { Call, Outcome } from "../verb.ts";

/** Shows what a config comes to. */
export async function run({ options, cwd }: Call): Promise<Outcome> {
  const { application, path } = await loadConfig(options.config, cwd);
  const config = resolvedConfig(application);
  return { text: JSON.stringify(config, null, 2), json: { path, config } };
}
