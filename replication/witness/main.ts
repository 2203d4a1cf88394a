import { HotsiteError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { readCall } from "../control/call.ts";
import { askControl } from "../control/client.ts";
import { witnessConfig, witnessConfigPath } from "./config.ts";
import { serveWitness } from "./serve.ts";

/** `witness run | authority | grant --next JSON --expected JSON`, each with `--config FILE`. Gives what is to be printed. */
export async function witness(
  args: readonly string[],
  logger: Logger,
  signal: AbortSignal,
): Promise<unknown> {
  const place = { path: witnessConfigPath, schema: witnessConfig };
  const { verb, config, given } = await readCall(args, ["next", "expected"], place);
  const ask = (verb: string, input?: unknown): Promise<unknown> =>
    askControl(config.controlSocket, verb, input, signal);
  switch (verb) {
    case "run":
      return serveWitness(config, logger, signal);
    case "authority":
      return ask("authority");
    case "grant":
      return ask("grant", { next: parsed(given("next")), expected: parsed(given("expected")) });
    default:
      throw new HotsiteError("usage", "witness run | authority | grant --next JSON --expected JSON");
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) throw new HotsiteError("usage", "grant needs --next and --expected");
  return JSON.parse(text);
}
