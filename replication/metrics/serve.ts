import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { endOf } from "../control/server.ts";
import { exposition, expositionType, type MetricFamily } from "./exposition.ts";

/** Where a monitor asks: `127.0.0.1:9187`, `[::1]:9187`, or the path of a unix socket. Throws `HotsiteError` "config". */
export function metricsPlace(
  text: string,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  if (text.startsWith("/")) return { path: text };
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw new HotsiteError("config", `${text} is no place for metrics`, {
      hint: "name one such as 127.0.0.1:9187, or the path of a socket",
    });
  return { host, port: Number(port) };
}

/** Answers `GET /metrics` until the signal ends. */
export async function serveMetrics(
  place: string,
  read: () => Promise<readonly MetricFamily[]>,
  signal: AbortSignal,
): Promise<void> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end("GET /metrics\n");
      return;
    }
    read().then(
      (families) => response.writeHead(200, { "content-type": expositionType }).end(exposition(families)),
      () => response.writeHead(500).end(),
    );
  });
  const where = metricsPlace(place);
  // A socket left by a killed process would refuse the new one.
  if ("path" in where) await rm(where.path, { force: true });
  server.listen(where);
  try {
    await once(server, "listening", { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new HotsiteError("metrics", `metrics cannot be served at ${place}: ${messageOf(cause)}`, {
      cause,
      hint: "name a free port: --metrics 127.0.0.1:9188",
    });
  }
  await endOf(signal);
  server.close();
  server.closeAllConnections();
}
