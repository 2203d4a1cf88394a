import ssh2, { type Algorithms, type Client } from "ssh2";
import type { Endpoint } from "../core/driver.ts";
import { CredentialError, HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Secret } from "../core/secret.ts";
import { waitFor } from "../core/wait.ts";
import { fingerprintOf, hostKeyChanged, type HostKeyPolicy } from "./host-key.ts";

export interface SshOptions {
  /** `site/name`, for messages. */
  readonly node: string;
  readonly endpoint: Endpoint & { readonly user: string };
  /** In OpenSSH's or PEM format. */
  readonly privateKey: Secret;
  readonly hostKey: HostKeyPolicy;
  readonly logger?: Logger;
  /** How long a node may take to answer, all attempts together. Default 20 s. */
  readonly connectTimeoutMs?: number;
}

const handshakeTimeoutMs = 10_000;
const retryIntervalMs = 300;
/** Two unanswered questions four seconds apart, and one more interval: a dead peer is found within 12 s. */
const keepAlive = { keepaliveInterval: 4000, keepaliveCountMax: 2 };

/** Nothing that needs SHA-1. The order of host key types is fixed, so that a node with several keys always shows the same one. */
const algorithms: Algorithms = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
  ],
  serverHostKey: ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"],
  cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes128-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"],
};

/** An authenticated connection. Tries again while nobody answers; throws `RetryableError` "unreachable" when the time is over, `CredentialError` at once. */
export async function connect(options: SshOptions, signal: AbortSignal): Promise<Client> {
  const timeoutMs = options.connectTimeoutMs ?? 20_000;
  const wait = { timeoutMs, intervalMs: retryIntervalMs, what: nameOf(options) };
  return waitFor(() => attempt(options, signal), wait, signal).catch((error: unknown) => {
    if (!(error instanceof HotsiteError && error.code === "timeout")) throw error;
    const reason = error.cause === undefined ? error.message : messageOf(error.cause);
    throw new RetryableError("unreachable", reason, {
      cause: error,
      hint: `is ${options.node} powered on, and can it be reached from here?`,
    });
  });
}

async function attempt(options: SshOptions, signal: AbortSignal): Promise<Client> {
  const pinned = await options.hostKey.known();
  signal.throwIfAborted();
  let shown = "";
  const client = new ssh2.Client();
  const abort = (): void => void client.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      // ssh2 may tell one failure twice, as `error` and as `close`; only the first counts.
      client.on("error", reject);
      client.once("close", () => reject(new Error("the connection was closed before it was ready")));
      client.connect({
        ...{ host: options.endpoint.host, port: options.endpoint.port, username: options.endpoint.user },
        ...{
          privateKey: options.privateKey.reveal(),
          readyTimeout: handshakeTimeoutMs,
          algorithms,
          ...keepAlive,
        },
        hostVerifier: (key: Buffer) => {
          shown = fingerprintOf(key);
          return pinned === undefined || pinned === shown;
        },
      });
    });
    // Otherwise each small question waits for the answer to the one before: three times 40 ms for a command.
    client.setNoDelay(true);
    // Only now has the node proved that the key is its own.
    if (pinned === undefined) await options.hostKey.pin(shown);
    return client;
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (pinned !== undefined && shown !== "" && shown !== pinned) {
      throw hostKeyChanged(
        nameOf(options),
        { node: options.node, host: options.endpoint.host },
        { pinned, now: shown },
      );
    }
    throw translated(options, error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function translated(options: SshOptions, error: unknown): unknown {
  if (error instanceof HotsiteError) return error;
  const level = (error as { level?: string }).level;
  const message = `${nameOf(options)}: ${messageOf(error)}`;
  if (level === "client-authentication" || /^Cannot parse privateKey/.test(messageOf(error))) {
    return new CredentialError(message, {
      cause: error,
      hint: "check that the key is in the user's authorized_keys on the node",
    });
  }
  return new RetryableError("unreachable", message, { cause: error });
}

function nameOf({ node, endpoint }: SshOptions): string {
  return `${node}: SSH to ${endpoint.host}:${endpoint.port} as ${endpoint.user}`;
}
