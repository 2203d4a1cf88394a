import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import mysql from "mysql2/promise";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { freePort } from "./free-port.ts";
import { withParent } from "./program.ts";
import { mariadbTree, serverUser, type MariadbTree } from "./mariadb-tree.ts";

export interface MariadbOptions {
  readonly serverId: number;
  /** The GTID domain of the server's own writes. */
  readonly domain: number;
  /** More options of `mariadbd`, the last word: `--read-only=1`. */
  readonly extra?: readonly string[];
}

/** A private MariaDB server, ready for connections, on loopback. Dispose of it in the end. */
export interface MariadbServer extends AsyncDisposable {
  readonly port: number;
  readonly socket: string;
  readonly folder: string;
  readonly pid: number;
  /** For `mysql2`: root, over TCP. */
  readonly root: { readonly host: string; readonly port: number; readonly user: string };
  /** A connection as root, ended with the server. */
  connect(options?: mysql.ConnectionOptions): Promise<mysql.Connection>;
  /** Runs statements one after the other as root and gives the last one's rows. */
  query(...statements: readonly string[]): Promise<Record<string, unknown>[]>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Orderly. */
  stop(): Promise<void>;
  /** Starts it again with the same data and port, after `kill` or `stop` or not; resolves when it answers. */
  restart(): Promise<void>;
}

/** Starts a server with its own copy of an initialised data folder: binlog ROW, FULL images and metadata, strict GTIDs, durable. */
export async function startMariadb(options: MariadbOptions): Promise<MariadbServer> {
  const tree = await mariadbTree();
  const folder = await mkdtemp(join(tmpdir(), "hotsite-mariadb-"));
  await mkdir(join(folder, "tmp"));
  const copy = ["-r", "--sparse=always", "--reflink=auto", tree.template, join(folder, "data")];
  await promisify(execFile)("cp", copy);
  const server = new PrivateServer(tree, folder, options, await freePort());
  try {
    await server.restart();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

class PrivateServer implements MariadbServer {
  readonly port: number;
  readonly folder: string;
  readonly #tree: MariadbTree;
  readonly #options: MariadbOptions;
  readonly #connections = new Set<mysql.Connection>();
  #process: ChildProcess | undefined;

  constructor(tree: MariadbTree, folder: string, options: MariadbOptions, port: number) {
    this.#tree = tree;
    this.folder = folder;
    this.#options = options;
    this.port = port;
  }

  get socket(): string {
    return join(this.folder, "s.sock");
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get root(): { host: string; port: number; user: string } {
    return { host: "127.0.0.1", port: this.port, user: "root" };
  }

  async connect(options: mysql.ConnectionOptions = {}): Promise<mysql.Connection> {
    const connection = await mysql.createConnection({ ...this.root, supportBigNumbers: true, ...options });
    // A killed server ends its connections; whoever uses one is told by its next query.
    connection.on("error", () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  async query(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const connection = await this.connect();
    try {
      let rows: unknown = [];
      for (const statement of statements) [rows] = await connection.query(statement);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      this.#connections.delete(connection);
      await connection.end();
    }
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async restart(): Promise<void> {
    await this.stop();
    const [command, args] = withParent(this.#tree.server, this.#arguments());
    const child = spawn(command, args, { env: this.#tree.env, stdio: "ignore" });
    this.#process = child;
    await waitFor(
      () => this.#answers(child),
      { timeoutMs: 60_000, intervalMs: 25, what: "MariaDB to answer" },
      new AbortController().signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #answers(child: ChildProcess): Promise<true> {
    if (child.exitCode !== null) {
      const log = await readFile(join(this.folder, "err.log"), "utf8").catch(() => "");
      throw new Error(`mariadbd ended with ${child.exitCode}\n${log.slice(-2000)}`);
    }
    await this.query("SELECT 1").catch((cause: unknown) => {
      throw new RetryableError("unreachable", "MariaDB does not answer yet", { cause });
    });
    return true;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
    const child = this.#process;
    this.#process = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  #arguments(): readonly string[] {
    const { share, plugins } = this.#tree;
    const { serverId, domain, extra = [] } = this.#options;
    return [
      ...["--no-defaults", `--datadir=${join(this.folder, "data")}`, `--tmpdir=${join(this.folder, "tmp")}`],
      ...[`--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, "charsets")}`],
      ...[`--plugin-dir=${plugins}`, `--socket=${this.socket}`, `--pid-file=${join(this.folder, "pid")}`],
      ...[`--log-error=${join(this.folder, "err.log")}`, `--port=${this.port}`, "--bind-address=127.0.0.1"],
      ...[`--server-id=${serverId}`, `--gtid-domain-id=${domain}`, "--gtid-strict-mode=ON"],
      ...["--log-bin=binlog", "--log-slave-updates=ON", "--binlog-format=ROW", "--binlog-row-image=FULL"],
      ...["--binlog-row-metadata=FULL", "--sync-binlog=1", "--innodb-flush-log-at-trx-commit=1"],
      ...["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--performance-schema=OFF"],
      ...["--skip-slave-start=ON", "--character-set-server=utf8mb4", ...serverUser, ...extra],
    ];
  }
}
