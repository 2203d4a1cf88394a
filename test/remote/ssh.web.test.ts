import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, script } from "../../core/command.ts";
import { CredentialError } from "../../core/errors.ts";
import { Secret } from "../../core/secret.ts";
import type { SshTarget } from "../../core/ssh.ts";
import type { Shell } from "../../core/shell.ts";
import { waitFor } from "../../core/wait.ts";
import { newSshKey } from "../../core/ssh-key.ts";
import { HostKeyChangedError } from "../../remote/host-key.ts";
import { openShell } from "../../remote/ssh.ts";
import { describeShell } from "./contract.ts";
import { startSshd, type Sshd } from "./sshd.ts";

const signal = AbortSignal.timeout(300_000);
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => sshd[Symbol.asyncDispose]());

describeShell("SSH", () => openShell(sshd.options(), signal));

describe("a connection", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hotsite-ssh-"));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  test("that was lost between two calls is opened again", async () => {
    await using shell = await openShell(sshd.options(), signal);
    await shell.run(command("true"), signal);
    sshd.cut();
    expect((await shell.run(command("echo", "back"), signal)).stdout).toBe("back");
  });

  test("that breaks under a command says that the outcome is unknown, and does not run it again", async () => {
    await using shell = await openShell(sshd.options(), signal);
    const note = join(folder, "started");
    const running = shell.run(script('echo run >>"$1"; sleep 1; cat "$1"', note), signal);
    const failed = expect(running).rejects.toMatchObject({ code: "connection-lost", retryable: false });
    await exists(note);
    sshd.cut();
    await failed;
    expect((await shell.run(command("cat", note), signal)).stdout).toBe("run");
  });

  test("to a machine that lost its power is found dead within fifteen seconds", async () => {
    await using shell = await openShell({ ...sshd.options(), connectTimeoutMs: 1000 }, signal);
    const note = join(folder, "frozen");
    const running = shell.run(script(': >"$1"; sleep 600', note), signal);
    const failed = expect(running).rejects.toMatchObject({ code: "connection-lost" });
    await exists(note);
    const start = Date.now();
    sshd.freeze();
    await failed;
    expect(Date.now() - start).toBeLessThan(15_000);
    sshd.thaw();
    await shell.run(script("kill $(pgrep -f '^sleep 600$')"), signal, { accept: [0, 1, 2] });
  }, 30_000);

  test("to an address where nobody answers is given up when the time is over, with a retryable error", async () => {
    const options = {
      ...sshd.options(),
      at: { host: "127.0.0.1", port: 1 },
      connectTimeoutMs: 700,
    };
    await expect(openShell(options, signal)).rejects.toMatchObject({ code: "unreachable", retryable: true });
  });

  test("stops being tried when the caller gives up", async () => {
    const options = { ...sshd.options(), at: { host: "127.0.0.1", port: 1 } };
    await expect(openShell(options, AbortSignal.timeout(300))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  test("with a key that the node does not know is refused at once", async () => {
    const stranger = new Secret(newSshKey().privateKey);
    await expect(openShell(loggedInWith(sshd, stranger), signal)).rejects.toThrow(CredentialError);
  });
});

describe("host keys", () => {
  test("are pinned at the first contact, and a changed one is refused with both fingerprints", async () => {
    await using own = await startSshd();
    const shell = await openShell(own.options("east/web-2"), signal);
    expect(own.pinned).toEqual([expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/)]);
    await own.reinstall();
    const error = await failureOf(shell);
    expect(error).toBeInstanceOf(HostKeyChangedError);
    expect(error).toMatchObject({ code: "host-key-changed", retryable: false });
    expect((error as Error).message).toMatch(
      /east\/web-2: .*the host key changed\n {4}pinned {2}SHA256:\S+\n {4}now {5}SHA256:/,
    );
    expect(error).toHaveProperty("hint", expect.stringContaining("hotsite trust east/web-2."));
    expect(own.pinned).toHaveLength(1);
    await shell[Symbol.asyncDispose]();
  });

  test("are not pinned for a stranger who cannot log in", async () => {
    await using own = await startSshd();
    const stranger = new Secret(newSshKey().privateKey);
    await expect(openShell(loggedInWith(own, stranger), signal)).rejects.toThrow(CredentialError);
    expect(own.pinned).toEqual([]);
  });
});

test("a node that allows only two sessions on a connection gets its commands two at a time", async () => {
  await using own = await startSshd(["MaxSessions 2"]);
  await using shell = await openShell(own.options(), signal);
  const results = await Promise.all(
    Array.from({ length: 6 }, (_, n) => shell.run(command("echo", String(n)), signal)),
  );
  expect(results.map(({ stdout }) => stdout)).toEqual(["0", "1", "2", "3", "4", "5"]);
});

async function failureOf(shell: Shell): Promise<unknown> {
  return shell.run(command("true"), signal).then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function exists(path: string): Promise<void> {
  await waitFor(
    async () => existsSync(path) || undefined,
    { timeoutMs: 10_000, intervalMs: 10, what: path },
    signal,
  );
}

function loggedInWith(server: Sshd, privateKey: Secret): SshTarget {
  const target = server.options();
  return { ...target, login: { user: target.login.user, privateKey } };
}
