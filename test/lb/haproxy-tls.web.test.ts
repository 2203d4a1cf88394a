import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { secret, Secret } from "../../core/secret.ts";
import { FRONTEND_RULES } from "../../lb/haproxy-config.ts";
import { Pki } from "../../lifecycle/pki.ts";
import { haproxy } from "../../recipes/haproxy.ts";
import { frontConfig } from "../../recipes/haproxy-front.ts";
import { freePort } from "../support/free-port.ts";
import { contextFor } from "../recipes/context.ts";
import { ask, startBackend, startProxy } from "./haproxy-process.ts";

const signal = AbortSignal.timeout(120_000);
let folder: string;
let pki: Pki;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotsite-haproxy-tls-"));
  pki = await Pki.open(folder, "clinic");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("HAProxy and TLS", () => {
  test("a reload for a new member keeps speaking TLS to all of them", async () => {
    await using one = await startBackend("east/web-1", await pki.node("east", "web-1", "127.0.0.1"));
    await using two = await startBackend("east/web-2", await pki.node("east", "web-2", "127.0.0.1"));
    await using proxy = await startProxy([one.member], { ca: pki.ca });
    expect((await ask(proxy.options.port, "/")).body).toBe("east/web-1 0");
    await proxy.balancer.apply([one.member, two.member], signal);
    await proxy.balancer.apply([{ ...one.member, state: "off" }, two.member], signal);
    expect((await ask(proxy.options.port, "/")).body).toBe("east/web-2 0");
    await proxy.balancer.apply([one.member, { ...two.member, state: "off" }], signal);
    expect((await ask(proxy.options.port, "/")).body).toBe("east/web-1 0");
  }, 60_000);

  test("a member that shows another node's certificate gets no request", async () => {
    await using impostor = await startBackend("east/web-1", await pki.node("west", "db-1", "127.0.0.1"));
    await using proxy = await startProxy([impostor.member], { ca: pki.ca });
    expect((await ask(proxy.options.port, "/")).status).toBe(503);
    expect(impostor.requests).toBe(0);
  }, 60_000);

  test("people reach it over TLS, and statistics with a password", async () => {
    const [https, stats] = [await freePort(), await freePort()];
    const service = haproxy("balancer", {
      tls: { port: https },
      stats: { port: stats, password: secret.generated() },
    });
    const edge = await pki.node("edge", "edge-1", "127.0.0.1");
    const secrets = { "stats.password": new Secret(`it's "$HOME" \\ #1`) };
    await using east = await startBackend("east/web-1");
    await using proxy = await startProxy([east.member], {
      front: async (at) => {
        const certificate = join(at, "front.pem");
        await writeFile(certificate, `${edge.certificate}${edge.key.reveal()}`);
        const context = { ...contextFor(service), secrets };
        const text = frontConfig(context, FRONTEND_RULES, { bind: "127.0.0.1", certificate });
        await writeFile(join(at, "front.cfg"), text instanceof Secret ? text.reveal() : text);
        return join(at, "front.cfg");
      },
    });
    expect(await askTls(https, "/")).toEqual({ status: 200, body: "east/web-1 0" });
    // A reload takes both configurations.
    await using west = await startBackend("west/web-1");
    await proxy.balancer.apply([{ ...east.member, state: "off" }, west.member], signal);
    expect(await askTls(https, "/")).toEqual({ status: 200, body: "west/web-1 0" });
    expect((await askTls(stats, "/")).status).toBe(401);
    const login = `hotsite:${secrets["stats.password"].reveal()}`;
    expect((await askTls(stats, "/", login)).body).toContain("west.web-1");
    expect((await askTls(stats, "/metrics", login)).body).toContain("haproxy_server_status");
  }, 60_000);
});

async function askTls(port: number, path: string, auth?: string): Promise<{ status: number; body: string }> {
  const outgoing = request({ host: "127.0.0.1", port, path, auth, ca: pki.ca, agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of incoming) body += String(chunk);
  return { status: incoming.statusCode ?? 0, body };
}
