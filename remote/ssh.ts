import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import type SftpClient from "ssh2-sftp-client";
import { systemClock } from "../core/clock.ts";
import { script, type Command, type NodeFile } from "../core/command.ts";
import { HotsiteError } from "../core/errors.ts";
import { silentLogger, type Logger } from "../core/logger.ts";
import type { CommandResult, RunOptions, Shell } from "../core/shell.ts";
import { asked, startShell } from "./channel.ts";
import { connect, type SshOptions } from "./connection.ts";
import { placeFiles, type Upload } from "./files.ts";
import { pour } from "./pour.ts";
import { within } from "./race.ts";
import { runTranscript, type RunningShell } from "./run.ts";
import { withSftp } from "./sftp.ts";
import { Slots } from "./slots.ts";
import { Transcript } from "./transcript.ts";

/** sshd allows ten sessions on a connection (MaxSessions); two stay free for ending aborted commands. */
const sessionsAtOnce = 8;
/** How long a session is waited for when the node allows fewer. */
const sessionTimeoutMs = 30_000;
const sessionIntervalMs = 100;
const hangUpTimeoutMs = 1000;

/**
 * A shell on a node over one SSH connection, opened now, and again when a call finds it lost. A command whose script was sent is never
 * sent again: when the connection breaks under it, it fails with "connection-lost".
 */
export async function openShell(options: SshOptions, signal: AbortSignal): Promise<Shell> {
  const shell = new SshShell(options);
  try {
    await shell.connected(signal);
    return shell;
  } catch (error) {
    // Otherwise it would go on trying behind the back of a caller who has given up.
    await shell[Symbol.asyncDispose]();
    throw error;
  }
}

class SshShell implements Shell {
  readonly node: string;
  readonly #options: SshOptions;
  readonly #logger: Logger;
  readonly #slots = new Slots(sessionsAtOnce);
  readonly #closed = new AbortController();
  #client: Client | undefined;
  #dialing: Promise<Client> | undefined;

  constructor(options: SshOptions) {
    this.node = options.node;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  async run(command: Command, signal: AbortSignal, options: RunOptions = {}): Promise<CommandResult> {
    const transcript = new Transcript(command, options);
    const until = this.#until(signal);
    const lost = (): HotsiteError => connectionLost(this.node, transcript.describe());
    return this.#slots.use(async () => {
      const open = (client: Client): Promise<RunningShell> =>
        startShell(client, { node: this.node, sudo: this.#options.sudo, lost, logger: this.#logger }, until);
      return runTranscript(await this.#repeatable(open, until), transcript, this.node, until);
    }, until);
  }

  async upload(files: readonly NodeFile[], signal: AbortSignal): Promise<readonly string[]> {
    const until = this.#until(signal);
    const { sudo } = this.#options;
    return placeFiles(this, files, until, (uploads) =>
      sudo === undefined
        ? this.#sftp((sftp) => put(sftp, uploads), until)
        : this.#slotted((client) => pour({ client, node: this.node, sudo }, uploads, until), until),
    );
  }

  async download(path: string, signal: AbortSignal): Promise<Buffer> {
    if (this.#options.sudo !== undefined) return this.#read(path, signal);
    const content = await this.#sftp((sftp) => sftp.get(path), this.#until(signal));
    if (Buffer.isBuffer(content)) return content;
    throw new HotsiteError("transfer-failed", `${this.node}: ${path} did not come as a buffer`);
  }

  async forward(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const facts = { what: `reach ${host}:${port} from ${this.node}`, refused: "no-route" };
    const until = this.#until(signal);
    return this.#repeatable(
      (client) =>
        asked<ClientChannel>(facts, (answer) => client.forwardOut("127.0.0.1", 0, host, port, answer), until),
      until,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new HotsiteError("closed", `${this.node}: the connection was closed`));
    await this.#dialing?.catch((error: unknown) =>
      this.#logger.debug("gave up connecting", { node: this.node, error }),
    );
    await hangUp(this.#client);
    this.#client = undefined;
  }

  /** The open connection, or a new one. */
  async connected(signal: AbortSignal): Promise<Client> {
    signal.throwIfAborted();
    if (this.#client !== undefined) return this.#client;
    this.#dialing ??= this.#dial();
    const client = await within(this.#dialing, { signal });
    if (client === undefined) throw signal.reason;
    return client;
  }

  /** Shared by all calls that need it, so no single call's signal ends it. */
  async #dial(): Promise<Client> {
    try {
      const client = await connect(this.#options, this.#closed.signal);
      client.on("error", (error) =>
        this.#logger.debug("connection broken", { node: this.node, reason: error.message }),
      );
      client.once("close", () => this.#forget(client));
      this.#client = client;
      return client;
    } finally {
      this.#dialing = undefined;
    }
  }

  #forget(client: Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closed.signal]);
  }

  #sftp<T>(work: (sftp: SftpClient) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#slotted((client) => withSftp(client, this.node, work, signal), signal);
  }

  #slotted<T>(work: (client: Client) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#slots.use(() => this.#repeatable(work, signal), signal);
  }

  /** SFTP is the user's own; root may read more. */
  async #read(path: string, signal: AbortSignal): Promise<Buffer> {
    const read = script('[ -e "$1" ] || exit 3; base64 -- "$1"', path);
    const { code, stdout } = await this.run(read, signal, { accept: [0, 3] });
    if (code === 0) return Buffer.from(stdout, "base64");
    throw new HotsiteError("no-such-file", `${this.node}: there is no file ${path}`);
  }

  /** Does what may safely be done twice: once more on a new connection when the one at hand turns out to be dead. */
  async #repeatable<T>(work: (client: Client) => Promise<T>, signal: AbortSignal): Promise<T> {
    const client = await this.connected(signal);
    try {
      return await withRoom(() => work(client), signal);
    } catch (error) {
      if (!hasCode(error, "unreachable")) throw error;
      this.#logger.debug("connecting again", { node: this.node, reason: error.message });
      this.#forget(client);
      client.destroy();
    }
    const again = await this.connected(signal);
    return withRoom(() => work(again), signal);
  }
}

/** Waits while the node refuses another session on this connection. */
async function withRoom<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = systemClock.now() + sessionTimeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, "too-many-sessions") || systemClock.now() > end) throw error;
    }
    await systemClock.sleep(sessionIntervalMs, signal);
  }
}

async function put(sftp: SftpClient, uploads: readonly Upload[]): Promise<void> {
  for (const { content, to } of uploads) {
    await (typeof content === "string" ? sftp.fastPut(content, to) : sftp.put(content, to));
  }
}

async function hangUp(client: Client | undefined): Promise<void> {
  if (client === undefined) return;
  const closed = once(client, "close");
  client.end();
  await within(closed, { ms: hangUpTimeoutMs });
  client.destroy();
}

function hasCode(error: unknown, code: string): error is HotsiteError {
  return error instanceof HotsiteError && error.code === code;
}

function connectionLost(node: string, command: string): HotsiteError {
  return new HotsiteError("connection-lost", `${node}: the connection broke while this ran: ${command}`, {
    hint: "whether it finished is unknown: look at the node, then run the same verb again, every step can be repeated",
  });
}
