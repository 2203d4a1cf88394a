import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { RetryableError } from "../../core/errors.ts";
import { newSshKey } from "../../core/ssh-key.ts";
import type { SshOptions } from "../../remote/connection.ts";
import { freePort } from "../support/free-port.ts";

/** A real OpenSSH server on loopback with its own keys, behind a relay that can cut or freeze connections. */
export interface Sshd extends AsyncDisposable {
  /** How to reach it, host key not pinned yet. */
  options(node?: string): SshOptions;
  /** Fingerprints that were pinned so far. */
  readonly pinned: string[];
  /** Closes every connection. */
  cut(): void;
  /** Lets nothing through any more, without a word: a machine that lost its power. */
  freeze(): void;
  thaw(): void;
  /** Starts again with another host key. */
  reinstall(): Promise<void>;
}

export async function startSshd(config: readonly string[] = []): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-sshd-"));
  const login = newSshKey();
  await writeFile(join(folder, "authorized_keys"), login.publicKey);
  const port = await freePort();
  const relay = await startRelay(port);
  let stop = await launch(folder, port, config);
  const pinned: string[] = [];
  return {
    pinned,
    options: (node = "east/db-1") => ({
      node,
      at: { host: "127.0.0.1", port: relay.port },
      login: { user: userInfo().username, privateKey: new Secret(login.privateKey) },
      hostKey: {
        known: () => Promise.resolve(pinned.at(-1)),
        pin: (fingerprint) => Promise.resolve(pinned.push(fingerprint)),
      },
    }),
    cut: relay.cut,
    freeze: () => relay.freeze(true),
    thaw: () => relay.freeze(false),
    reinstall: async () => {
      await stop();
      relay.cut();
      stop = await launch(folder, port, config);
    },
    async [Symbol.asyncDispose]() {
      relay.freeze(false);
      relay.close();
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function launch(folder: string, port: number, config: readonly string[]): Promise<() => Promise<void>> {
  const hostKey = join(folder, "host_key");
  await writeFile(hostKey, newSshKey().privateKey, { mode: 0o600 });
  const settings = [
    ...config,
    // bash takes itself for a login shell under sshd and would read this machine's start-up files.
    "SetEnv SHLVL=2",
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    ...[
      "PidFile none",
      "StrictModes no",
      "UsePAM no",
      "PermitRootLogin yes",
      "MaxStartups 100",
      "Subsystem sftp internal-sftp",
    ],
  ];
  await writeFile(join(folder, "sshd_config"), `${settings.join("\n")}\n`);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const exited = once(server, "exit");
  const listening = async (): Promise<true> => {
    if (server.exitCode !== null) throw new Error(`sshd ended: ${said}`);
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect").catch((cause: unknown) => {
      throw new RetryableError("not-yet", "sshd does not listen", { cause });
    });
    socket.destroy();
    return true;
  };
  await waitFor(listening, { timeoutMs: 10_000, intervalMs: 20, what: "sshd" }, AbortSignal.timeout(15_000));
  return async () => {
    server.kill();
    await exited;
  };
}

interface Relay {
  readonly port: number;
  cut(): void;
  freeze(frozen: boolean): void;
  close(): void;
}

async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    const ends: [Socket, Socket][] = [
      [near, far],
      [far, near],
    ];
    for (const [from, to] of ends) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (!frozen) to.write(chunk);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze: (to) => (frozen = to),
    close: () => {
      cut();
      server.close();
    },
  };
}
