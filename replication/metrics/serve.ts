import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import type { LinkStatus } from "../../core/protection.ts";
import { endOf } from "../control/server.ts";
import { exposition, expositionType } from "./exposition.ts";
import { healthOf, readinessOf, type Verdict } from "./health.ts";
import { linkMetrics } from "./link-metrics.ts";

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

/** The link that a monitor asks about. */
export interface Monitored {
  /** The label of its metrics. */
  readonly name: string;
  readonly status: () => Promise<LinkStatus | undefined>;
}

/** Answers `GET /metrics`, `/health` and `/ready` until the signal ends. */
export async function serveMetrics(place: string, link: Monitored, signal: AbortSignal): Promise<void> {
  const server = createServer((request, response) => {
    answer(link, request).then(
      ({ code, type, body }) => response.writeHead(code, { "content-type": type }).end(body),
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

interface Answer {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

async function answer({ name, status }: Monitored, { method, url = "" }: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, "http://monitor");
  if (method !== "GET" && method !== "HEAD") return notThere;
  switch (pathname) {
    case "/metrics":
      return { code: 200, type: expositionType, body: exposition(linkMetrics(name, await status())) };
    case "/health":
      return told(healthOf(await status()));
    case "/ready":
      return told(readinessOf(await status(), Number(searchParams.get("lag") ?? Infinity)));
    default:
      return notThere;
  }
}

const notThere: Answer = { code: 404, type: "text/plain", body: "GET /metrics, /health, /ready\n" };

function told({ good, ...facts }: Verdict): Answer {
  return { code: good ? 200 : 503, type: "application/json", body: `${JSON.stringify(facts)}\n` };
}
