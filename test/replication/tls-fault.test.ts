import { describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type ConnectionOptions, type TlsOptions } from "node:tls";
import { tlsFault } from "../../replication/tls-fault.ts";
import { TestAuthority, type Pair } from "../support/authority.ts";

/** What Node says when the two sides do not agree. */
async function refusal(server: TlsOptions, client: ConnectionOptions): Promise<unknown> {
  const listening = createServer(server).listen(0, "127.0.0.1");
  listening.on("secureConnection", (socket) => socket.on("error", () => undefined));
  await once(listening, "listening");
  const { port } = listening.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, ...client });
  const [error] = (await once(socket, "error").catch((thrown: unknown) => [thrown])) as [unknown];
  socket.destroy();
  listening.close();
  return error;
}

async function read({ cert, key }: Pair): Promise<{ cert: string; key: string }> {
  return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
}

describe("two ends that do not agree on certificates", () => {
  test("are one error with what mends it, whichever of them is wrong", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hotsite-tls-"));
    try {
      const ours = await TestAuthority.create(folder, "ours");
      const stranger = await TestAuthority.create(folder, "stranger");
      const ca = await readFile(ours.ca, "utf8");
      const good = await read(await ours.issue("good"));
      const old = await read(await ours.issue("old", -1));
      const foreign = await read(await stranger.issue("foreign"));
      const cases: readonly [TlsOptions, ConnectionOptions, string][] = [
        [old, { ca }, "renew the certificate"],
        [foreign, { ca }, "`tls.ca`"],
        [good, { ca, servername: "elsewhere.example" }, "a name that is in its certificate"],
      ];
      for (const [server, client, hint] of cases) {
        const fault = tlsFault("the source", await refusal(server, client));
        expect(fault).toMatchObject({ code: "tls", retryable: false, hint: expect.stringContaining(hint) });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("are told from a connection that breaks, also where the database driver calls both the same", () => {
    const driver = (message: string): Error =>
      Object.assign(new Error(message), { code: "HANDSHAKE_SSL_ERROR" });
    expect(tlsFault("x", driver("certificate has expired"))?.hint).toContain("renew");
    expect(tlsFault("x", driver("unable to verify the first certificate"))?.hint).toContain("tls.ca");
    const broken = "Client network socket disconnected before secure TLS connection was established";
    expect(tlsFault("x", driver(broken))).toBeUndefined();
    expect(
      tlsFault("x", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })),
    ).toBeUndefined();
    const alert = Object.assign(new Error("alert"), { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" });
    expect(tlsFault("x", alert)?.hint).toContain("`tls.cert`");
    expect(tlsFault("x", new Error("outer", { cause: driver("certificate has expired") }))).toBeDefined();
  });
});
