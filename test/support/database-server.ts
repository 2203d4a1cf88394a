import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import mysql from "mysql2/promise";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import type { Flavour } from "../../replication/flavour.ts";
import { withParent } from "./program.ts";

/** A private database server, ready for connections, on loopback. Dispose of it in the end. */
export interface DatabaseServer extends AsyncDisposable {
  readonly flavour: Flavour;
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
  /** Everything in its binlog, as text. */
  position(): Promise<string>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Orderly. */
  stop(): Promise<void>;
  /** Starts it again with the same data and port, after `kill` or `stop` or not; resolves when it answers. */
  restart(): Promise<void>;
}

/** What is run: the program, its arguments, and what it needs around it. */
export interface ServerProgram {
  readonly flavour: Flavour;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Starts what `program` says with the data that is in `folder` already, which is removed in the end. */
export async function startServer(
  program: ServerProgram,
  folder: string,
  port: number,
): Promise<DatabaseServer> {
  const server = new PrivateServer(program, folder, port);
  try {
    await server.restart();
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

const positionSql: Readonly<Record<Flavour, string>> = {
  mariadb: "SELECT @@gtid_binlog_pos AS position",
  mysql: "SELECT @@GLOBAL.gtid_executed AS position",
};

class PrivateServer implements DatabaseServer {
  readonly port: number;
  readonly folder: string;
  readonly #program: ServerProgram;
  readonly #connections = new Set<mysql.Connection>();
  #process: ChildProcess | undefined;

  constructor(program: ServerProgram, folder: string, port: number) {
    this.#program = program;
    this.folder = folder;
    this.port = port;
  }

  get flavour(): Flavour {
    return this.#program.flavour;
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

  async position(): Promise<string> {
    const [row] = await this.query(positionSql[this.flavour]);
    return String(row?.["position"]).replaceAll("\n", "");
  }

  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  async restart(): Promise<void> {
    await this.stop();
    // It names a process that is gone: a number that another one may have by now.
    await rm(`${this.socket}.lock`, { force: true });
    const { command, args, env } = this.#program;
    const [program, all] = withParent(command, args);
    const child = spawn(program, all, { env, stdio: "ignore" });
    this.#process = child;
    await waitFor(
      () => this.#answers(child),
      { timeoutMs: 60_000, intervalMs: 25, what: `${this.flavour} to answer` },
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
      throw new Error(`the server ended with ${child.exitCode}\n${log.slice(-2000)}`);
    }
    const [row] = await this.query("SELECT @@socket AS socket").catch((cause: unknown) => {
      throw new RetryableError("unreachable", "the server does not answer yet", { cause });
    });
    if (row?.["socket"] !== this.socket) throw new Error(`port ${this.port} is another server's`);
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
}
