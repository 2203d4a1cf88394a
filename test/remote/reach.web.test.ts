import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Secret } from "../../core/secret.ts";
import { newSshKey } from "../../core/ssh-key.ts";
import type { SshOptions } from "../../remote/connection.ts";
import { diagnoseReach } from "../../remote/doctor/diagnose-reach.ts";
import { probeNode } from "../../remote/doctor/node.ts";
import { probeReach } from "../../remote/doctor/reach.ts";
import { openShell } from "../../remote/ssh.ts";
import { startSshd, type Sshd } from "./sshd.ts";

jest.setTimeout(30_000);
const signal = AbortSignal.timeout(120_000);

/** What is said of a node at this place. */
async function saidOf(options: SshOptions, change: Partial<SshOptions["at"]> = {}): Promise<string> {
  const facts = await probeReach({ ...options, at: { ...options.at, ...change } }, signal);
  const diagnosis = diagnoseReach(options.node, facts);
  return diagnosis === undefined ? "well" : `${diagnosis.check}: ${diagnosis.problem}`;
}

describe("a node that cannot be reached", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]();
  });

  test("lets us in: nothing is wrong, and nothing was pinned by looking", async () => {
    expect(await saidOf(sshd.options())).toBe("well");
    expect(sshd.pinned).toEqual([]);
  });

  test("has a name that nobody knows", async () => {
    const said = await saidOf(sshd.options(), { host: "no-such-host.invalid" });
    expect(said).toMatch(
      /^name: (no name server knows no-such-host\.invalid|the name server does not answer)/,
    );
  });

  test("is in a network without a route", async () => {
    expect(await saidOf(sshd.options(), { host: "255.255.255.255" })).toBe(
      "route: this computer has no route to 255.255.255.255 (ENETUNREACH)",
    );
  });

  test("has a closed port", async () => {
    const server = await listening(() => undefined);
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await saidOf(sshd.options(), { port })).toBe(
      `port ${port}: 127.0.0.1 refuses connections to port ${port}: the machine is up, and nothing listens there`,
    );
  });

  test("has a port whose packets are dropped", async () => {
    await using full = await fullPort();
    expect(await saidOf(sshd.options(), { port: full.port })).toBe(
      `port ${full.port}: nothing comes back from 127.0.0.1 port ${full.port}: a firewall drops it, or the machine is off`,
    );
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ["says nothing", () => undefined, "takes the connection and then says nothing"],
    ["hangs up", (socket) => socket.end(), "hangs up at once"],
    ["speaks something else", (socket) => socket.write("220 mail ESMTP\r\n"), 'it says "220 mail ESMTP"'],
  ])("has a server that %s", async (_, act, part) => {
    const sockets = new Set<Socket>();
    const server = await listening((socket) => {
      sockets.add(socket.on("error", () => undefined));
      act(socket);
    });
    const { port } = server.address() as AddressInfo;
    expect(await saidOf(sshd.options(), { port })).toContain(part);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test("does not know our key", async () => {
    const login = { user: "ops", privateKey: new Secret(newSshKey().privateKey) };
    expect(await saidOf({ ...sshd.options(), login })).toBe(
      "login: 127.0.0.1 does not let ops in with our key: the key is not in its authorized_keys, there is no such user, or the account is locked",
    );
  });

  test("has been reinstalled", async () => {
    const first = sshd.options();
    await (await openShell(first, signal))[Symbol.asyncDispose]();
    await sshd.reinstall();
    expect(await saidOf(first)).toMatch(
      /^host key: 127\.0\.0\.1 shows another host key: pinned SHA256:\S+, now SHA256:\S+$/,
    );
  });
});

test("a node tells about itself in one exchange", async () => {
  await using sshd = await startSshd();
  await using shell = await openShell(sshd.options(), signal);
  const facts = await probeNode(
    shell,
    { packages: ["bash", "no-such-package"], ports: [1], units: [] },
    signal,
  );
  expect(facts.clockAheadMs).toBe(0);
  expect(facts.packages[0]).toEqual({ name: "bash", state: "installed" });
  expect(facts.memory.totalKb).toBeGreaterThan(facts.memory.availableKb);
  expect(facts.disks.map(({ path }) => path)).toContain("/");
  expect(facts.ports).toEqual([]);
});

async function listening(onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Listens, and never accepts anybody. */
const deafListener = `
import { createServer } from "node:net";
const server = createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  process.send(server.address().port, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;

/** A port whose queue is full and never emptied: the kernel drops what arrives, as a firewall would. */
async function fullPort(): Promise<AsyncDisposable & { port: number }> {
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const child = spawn(process.execPath, ["--input-type=module", "-e", deafListener], { stdio: [...stdio] });
  const [port] = (await once(child, "message")) as [number];
  // More than its queue takes; the first two are in it.
  const waiting = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, "connect")));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of waiting) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
