import { parseArgs } from "node:util";
import { HotsiteError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { readConfig } from "../control/config-file.ts";
import { askControl } from "../control/client.ts";
import { witnessConfig, witnessConfigPath } from "./config.ts";
import { serveWitness } from "./serve.ts";

/** `witness run | authority | grant --next JSON --expected JSON`, each with `--config FILE`. Gives what is to be printed. */
export async function witness(
  args: readonly string[],
  logger: Logger,
  signal: AbortSignal,
): Promise<unknown> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", default: witnessConfigPath },
      next: { type: "string" },
      expected: { type: "string" },
    },
  });
  const config = await readConfig(values.config, witnessConfig);
  const ask = (verb: string, input?: unknown): Promise<unknown> =>
    askControl(config.controlSocket, verb, input, signal);
  switch (positionals[0]) {
    case "run":
      return serveWitness(config, logger, signal);
    case "authority":
      return ask("authority");
    case "grant":
      return ask("grant", { next: parsed(values.next), expected: parsed(values.expected) });
    default:
      throw new HotsiteError("usage", "witness run | authority | grant --next JSON --expected JSON");
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) throw new HotsiteError("usage", "grant needs --next and --expected");
  return JSON.parse(text);
}
