import ssh2, { type Algorithms, type Client, type ClientChannel } from "ssh2";
import { CredentialError, HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { SshTarget } from "../core/ssh.ts";
import { waitFor } from "../core/wait.ts";
import { asked } from "./channel.ts";
import { credentialsOf, LoginAttempts } from "./credentials.ts";
import { fingerprintOf, hostKeyChanged } from "./host-key.ts";

export interface SshOptions extends SshTarget {
  readonly logger?: Logger;
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

/** An authenticated connection, through the jump host where there is one; closing it closes the way there. Tries again while nobody answers; throws `RetryableError` "unreachable" when the time is over, `CredentialError` at once. */
export async function connect(options: SshOptions, signal: AbortSignal): Promise<Client> {
  const timeoutMs = options.connectTimeoutMs ?? 20_000;
  const wait = { timeoutMs, intervalMs: retryIntervalMs, what: nameOf(options) };
  return waitFor(() => attempt(options, signal), wait, signal).catch((error: unknown) => {
    if (!(error instanceof HotsiteError && error.code === "timeout")) throw error;
    const reason = error.cause === undefined ? error.message : messageOf(error.cause);
    throw new RetryableError("unreachable", reason, {
      cause: error,
      hint: hintOf(error.cause) ?? `is ${options.node} powered on, and can it be reached from here?`,
    });
  });
}

async function attempt(options: SshOptions, signal: AbortSignal): Promise<Client> {
  const { jump, at } = options;
  if (jump === undefined) return attemptOver(undefined, options, signal);
  const way = await connect({ ...jump, ...pickLogger(options) }, signal);
  try {
    const facts = { what: `reach ${at.host}:${at.port} from ${jump.node}`, refused: "unreachable" };
    const sock = await asked<ClientChannel>(
      facts,
      (answer) => way.forwardOut("127.0.0.1", 0, at.host, at.port, answer),
      signal,
    );
    const client = await attemptOver(sock, options, signal);
    client.once("close", () => way.end());
    way.once("close", () => client.destroy());
    way.on("error", () => client.destroy());
    return client;
  } catch (error) {
    way.destroy();
    throw error;
  }
}

function pickLogger({ logger }: SshOptions): { readonly logger?: Logger } {
  return logger === undefined ? {} : { logger };
}

/** Over a stream that leads to the node, or a connection of its own. */
async function attemptOver(
  sock: ClientChannel | undefined,
  options: SshOptions,
  signal: AbortSignal,
): Promise<Client> {
  const pinned = await options.hostKey.known();
  signal.throwIfAborted();
  let shown = "";
  const client = new ssh2.Client();
  const attempts = new LoginAttempts(options.login);
  const abort = (): void => void client.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      attempts.listen(client, reject);
      // ssh2 may tell one failure twice, as `error` and as `close`; only the first counts.
      client.on("error", reject);
      client.once("close", () => reject(new Error("the connection was closed before it was ready")));
      client.connect({
        ...(sock === undefined ? { host: options.at.host, port: options.at.port } : { sock }),
        ...credentialsOf(options.login),
        authHandler: attempts.next,
        ...{
          readyTimeout: Math.min(handshakeTimeoutMs, options.connectTimeoutMs ?? handshakeTimeoutMs),
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
        { node: options.node, host: options.at.host, trust: options.hostKey.trust },
        { pinned, now: shown },
      );
    }
    throw translated(options, attempts, error);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function translated(options: SshOptions, attempts: LoginAttempts, error: unknown): unknown {
  if (error instanceof HotsiteError) return error;
  const level = (error as { level?: string }).level;
  const message = `${nameOf(options)}: ${messageOf(error)}`;
  if (/^Cannot parse privateKey/.test(messageOf(error))) {
    const hint = "check the key's file and, when it is encrypted, its passphrase";
    return new CredentialError(message, { cause: error, hint });
  }
  if (level === "agent") {
    const hint = "look whether the SSH agent runs and has the key: ssh-add -l; or name a key or a password";
    return new CredentialError(message, { cause: error, hint });
  }
  if (level === "client-authentication") return attempts.refused(options.node, options.at, error);
  const isSlow = level === "client-timeout";
  const cutOff = isSlow ? undefined : attempts.cutOff(options.node, options.at, error);
  return cutOff ?? new RetryableError("unreachable", message, { cause: error });
}

function hintOf(error: unknown): string | undefined {
  return error instanceof HotsiteError ? error.hint : undefined;
}

function nameOf({ node, at, login, jump }: SshOptions): string {
  const through = jump === undefined ? "" : ` through ${jump.at.host}`;
  return `${node}: SSH to ${at.host}:${at.port} as ${login.user}${through}`;
}
