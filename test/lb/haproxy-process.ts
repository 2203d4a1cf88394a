import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Member } from "../../core/balancer.ts";
import type { NodeTls } from "../../core/recipe.ts";
import { script } from "../../core/command.ts";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import {
  haproxyPaths,
  initialFiles,
  renderHaproxyConfig,
  renderHoldLua,
  type HaproxyOptions,
} from "../../lb/haproxy-config.ts";
import { HaproxyBalancer } from "../../lb/haproxy.ts";
import { openLocalShell } from "../../remote/local.ts";
import { freePort } from "../support/free-port.ts";

/** A real HAProxy on loopback. */
export interface Proxy extends AsyncDisposable {
  readonly balancer: HaproxyBalancer;
  readonly options: HaproxyOptions;
  /** Another one for the same HAProxy, as another process of ours would have it. */
  another(): HaproxyBalancer;
  /** Kills it at once and starts it again. */
  restart(): Promise<void>;
}

/** What a test's HAProxy has besides the pool that it starts with. */
export interface ProxyExtras {
  /** The certificate of the authority that members must show one of; without it they are asked without TLS. */
  readonly ca?: string;
  /** A second configuration, given the folder of the first one. */
  readonly front?: (folder: string) => Promise<string>;
}

export async function startProxy(
  installed: readonly Member[] = [],
  { ca, front }: ProxyExtras = {},
): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-haproxy-"));
  const paths = haproxyPaths(folder);
  const tls = ca !== undefined;
  const options: HaproxyOptions = {
    port: await freePort(),
    bind: "127.0.0.1",
    health: "/health",
    tls,
    paths,
  };
  if (tls) await writeFile(paths.ca, ca);
  const configs = [paths.config, ...(front === undefined ? [] : [await front(folder)])];
  await writeFile(paths.config, renderHaproxyConfig(options, installed));
  await writeFile(paths.lua, renderHoldLua(paths));
  for (const [path, text] of Object.entries(initialFiles(paths))) await writeFile(path, text);
  const shell = openLocalShell({ node: "edge/lb-1" });
  const pidFile = join(folder, "pid");
  const reload = script('kill -USR2 "$(cat "$1")"', pidFile);
  let stop = await launch(options, configs, pidFile);
  const another = (): HaproxyBalancer => new HaproxyBalancer(shell, options, reload);
  return {
    balancer: another(),
    options,
    another,
    restart: async () => {
      await stop();
      stop = await launch(options, configs, pidFile);
    },
    async [Symbol.asyncDispose]() {
      await shell[Symbol.asyncDispose]();
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function launch(
  options: HaproxyOptions,
  configs: readonly string[],
  pidFile: string,
): Promise<() => Promise<void>> {
  await mkdir("/var/lib/haproxy", { recursive: true });
  const child = spawn(
    "/usr/sbin/haproxy",
    ["-W", ...configs.flatMap((path) => ["-f", path]), "-p", pidFile],
    {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(child, "exit");
  const answers = async (): Promise<true> => {
    if (child.exitCode !== null) throw new Error(`haproxy ended: ${said}`);
    await ask(options.port, "/").catch((cause: unknown) => {
      throw new RetryableError("not-yet", said, { cause });
    });
    return true;
  };
  await waitFor(answers, { timeoutMs: 10_000, intervalMs: 20, what: "haproxy" }, AbortSignal.timeout(15_000));
  return async () => {
    killGroup(child);
    await exited;
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, "SIGKILL");
}

/** A web server that tells its name, counts its requests, and answers `/slow?ms=` late. */
export interface Backend extends AsyncDisposable {
  readonly member: Member;
  requests: number;
  healthy: boolean;
}

export async function startBackend(name: string, tls?: NodeTls): Promise<Backend> {
  const backend = { requests: 0, healthy: true };
  const answer: RequestListener = (incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://x");
    if (url.pathname === "/health") {
      outgoing.writeHead(backend.healthy ? 200 : 503).end();
      return;
    }
    backend.requests += 1;
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    incoming.on("end", () => {
      setTimeout(() => outgoing.end(`${name} ${body.length}`), Number(url.searchParams.get("ms") ?? 0));
    });
  };
  const server: Server =
    tls === undefined
      ? createServer(answer)
      : createTlsServer({ cert: tls.certificate, key: tls.key.reveal() }, answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const site = name.split("/")[0] ?? "";
  return Object.assign(backend, {
    member: { name, site, host: "127.0.0.1", port, state: "ready" as const },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

/** One request on a connection of its own: status and body. */
export async function ask(
  port: number,
  path: string,
  options: { body?: string; cookie?: string } = {},
): Promise<{ status: number; body: string; cookie?: string }> {
  const headers = options.cookie === undefined ? {} : { cookie: options.cookie };
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path,
    method: options.body === undefined ? "GET" : "POST",
    agent: false,
    headers,
  });
  outgoing.end(options.body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  return {
    status: incoming.statusCode ?? 0,
    body,
    cookie: incoming.headers["set-cookie"]?.[0]?.split(";")[0],
  };
}

/** Clients that ask all the time, half of them by POST, each on its own kept connection. */
export function startLoad(
  port: number,
  clients: number,
): { stop(): Promise<{ answers: number; failures: string[]; longestMs: number }> } {
  const stopping = new AbortController();
  const result = { answers: 0, failures: [] as string[], longestMs: 0 };
  const work = Array.from({ length: clients }, async (_, index) => {
    while (!stopping.signal.aborted) {
      const start = performance.now();
      const init = index % 2 === 0 ? {} : { method: "POST", body: "x".repeat(20_000) };
      const outcome = await fetch(`http://127.0.0.1:${port}/`, init).then(
        async (response) =>
          (await response.text()).endsWith(index % 2 === 0 ? " 0" : " 20000") && response.ok
            ? ""
            : `status ${response.status}`,
        (error: unknown) => String((error as Error).cause ?? error),
      );
      result.longestMs = Math.max(result.longestMs, performance.now() - start);
      if (outcome === "") result.answers += 1;
      else result.failures.push(outcome);
    }
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(work);
      return result;
    },
  };
}

export async function text(path: string): Promise<string> {
  return readFile(path, "utf8");
}
