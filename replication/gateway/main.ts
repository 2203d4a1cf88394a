import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { readCall } from "../control/call.ts";
import { askControl } from "../control/client.ts";
import { serveControl } from "../control/server.ts";
import { gatewayConfig, gatewayConfigPath, type GatewayConfig } from "./config.ts";
import { keepHeapSmall } from "../heap.ts";
import { serveMetrics } from "../metrics/serve.ts";
import { verbsOf } from "./verbs.ts";

const usage =
  "gateway run | status | start-order --order JSON | drain --timeout MS | reach --position GTIDS --timeout MS | stop";

/** The verbs above, each with `--config FILE`. Gives what is to be printed. */
export async function gateway(
  args: readonly string[],
  logger: Logger,
  signal: AbortSignal,
): Promise<unknown> {
  const place = { path: gatewayConfigPath, schema: gatewayConfig };
  const { verb, config, given } = await readCall(args, ["order", "position", "timeout"], place);
  if (verb === "run") return serveGateway(config, logger, signal);
  return askControl(config.controlSocket, verb, verbInput(verb, given), signal);
}

function verbInput(
  verb: string,
  given: (option: "order" | "position" | "timeout") => string | undefined,
): unknown {
  const timeoutMs = Number(given("timeout") ?? "30000");
  switch (verb) {
    case "status":
    case "stop":
      return undefined;
    case "start-order":
      return JSON.parse(given("order") ?? "null");
    case "drain":
      return { timeoutMs };
    case "reach":
      return { position: given("position"), timeoutMs };
    default:
      throw new HotsiteError("usage", usage);
  }
}

async function serveGateway(config: GatewayConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  keepHeapSmall();
  // Only the process that runs needs the database drivers: a control command starts faster without.
  const { Gateway } = await import("./gateway.ts");
  const { endsOf } = await import("./ends.ts");
  const { site, source, stateFolder } = config;
  await using running = await Gateway.open({
    ...{ site, from: source.site, stateFolder, ends: () => endsOf(config) },
    ...{ clock: systemClock, logger },
  });
  await running.resume(signal);
  logger.info("gateway runs", { site: config.site, order: await running.status() });
  const link = { name: `${source.site}/${site}`, status: () => running.status() };
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const serving = [
    serveControl(config.controlSocket, verbsOf(Promise.resolve(running)), until),
    ...(config.metrics === undefined ? [] : [serveMetrics(config.metrics, link, until)]),
  ];
  // One that cannot be served ends the other one.
  await Promise.all(serving).finally(() => over.abort());
}
