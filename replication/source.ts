import type { Connection, RowDataPacket } from "mysql2/promise";
import { CredentialError, HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
import {
  connect,
  connectionOptions,
  exchangeMs,
  grantHint,
  loginHint,
  refusesLogin,
  type ServerOptions,
} from "./connection.ts";
import { versionOf, type ServerVersion } from "./flavour.ts";
import { wholeAnswers } from "./session.ts";
import type { RawRow } from "./show-create.ts";
import { SilenceWatch } from "./silence.ts";
import { TextResult } from "./text-result.ts";
import type { TextRows } from "./text-rows.ts";
import { tlsFault } from "./tls-fault.ts";
import { within } from "./within.ts";

/** The database that is replicated from, as the feeder's user. */
export interface SourceOptions extends ServerOptions {
  /** Where it is; heartbeats carry this name. */
  readonly site: string;
}

/** Errors of the server that pass by themselves: too many connections, shutting down, killed, interrupted, table definition changed. */
const passing = new Set([1040, 1053, 1159, 1161, 1205, 1213, 1317, 1412, 1927, 3024]);
const credentials = new Set([1044, 1045, 1142, 1143, 1227, 1698]);
const cannotServeBinlog = 1236;

/** One connection with raw results: no value is converted on its way. Ends when the signal does: calls in progress then reject. */
export class Source implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #signal: AbortSignal;
  readonly #watch: SilenceWatch;
  #version = versionOf("");

  private constructor(connection: Connection, watch: SilenceWatch, signal: AbortSignal) {
    this.#connection = connection;
    this.#watch = watch;
    this.#signal = AbortSignal.any([signal, watch.signal]);
  }

  /** What it is. */
  get version(): ServerVersion {
    return this.#version;
  }

  /** Throws a retryable error when the server cannot be reached, `CredentialError` when it refuses the user. */
  static async open(options: SourceOptions, signal: AbortSignal): Promise<Source> {
    const connecting = connect({ ...connectionOptions(options), multipleStatements: true }, signal);
    const connection = await connecting.catch((error: unknown) => rethrow(error, signal));
    const source = new Source(connection, new SilenceWatch({ server: options, connection }, gone), signal);
    try {
      await source.#begin();
      return source;
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const [row] = await this.rows<{ version: string }>("SELECT VERSION() AS version");
    this.#version = versionOf(row?.version ?? "");
    await this.run(`${wholeAnswers}; ${sessionSql(this.version)}`);
  }

  async run(sql: string): Promise<void> {
    await this.#exchange(this.#connection.query(sql));
  }

  /** Rows by column name; numbers beyond 2^53 as text. */
  async rows<T>(sql: string): Promise<readonly T[]> {
    const [rows] = await this.#exchange(this.#connection.query<RowDataPacket[]>(sql));
    return rows as unknown as readonly T[];
  }

  /** Rows of several statements, run in one exchange: between sites each exchange takes its time. */
  async several<T>(statements: readonly string[]): Promise<readonly T[]> {
    return (await this.lists<T>(statements)).flat();
  }

  /** The same, of each statement that gives rows a list. There are at least two. */
  async lists<T>(statements: readonly string[]): Promise<readonly (readonly T[])[]> {
    const [results] = await this.#exchange(this.#connection.query<RowDataPacket[][]>(statements.join("; ")));
    return results.filter((rows) => Array.isArray(rows)) as unknown as readonly (readonly T[])[];
  }

  /** Rows by place, each value as the server sent it. */
  async raw(sql: string): Promise<readonly RawRow[]> {
    const typeCast = (field: { buffer(): Buffer | null }): Buffer | null => field.buffer();
    const query = { sql, rowsAsArray: true, typeCast };
    const [rows] = await this.#exchange(this.#connection.query<RowDataPacket[][]>(query));
    return rows as unknown as readonly RawRow[];
  }

  /** The same of several statements, run in one exchange. There are at least two. */
  async rawLists(statements: readonly string[]): Promise<readonly (readonly RawRow[])[]> {
    const typeCast = (field: { buffer(): Buffer | null }): Buffer | null => field.buffer();
    const query = { sql: statements.join("; "), rowsAsArray: true, typeCast };
    const [lists] = await this.#exchange(this.#connection.query<RowDataPacket[][]>(query));
    return lists as unknown as readonly (readonly RawRow[])[];
  }

  /** The same in pieces of about so many bytes, while the server still sends them. */
  text(sql: string, pieceBytes: number): TextPieces {
    const result = new TextResult(this.#connection, sql, pieceBytes);
    return {
      next: () => this.#exchange(result.take()),
      discard: () => result.discard(),
    };
  }

  /** Without farewell, so that it does not wait for a statement in progress. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#connection.destroy();
    return Promise.resolve();
  }

  async #exchange<T>(asked: Promise<T>): Promise<T> {
    this.#watch.asked(0);
    return within(exchangeMs, asked, this.#signal)
      .catch((error: unknown) => rethrow(error, this.#signal))
      .finally(() => this.#watch.answered());
  }
}

/** Rows of one SELECT; whatever else is asked of the connection waits until they are taken or discarded. */
export interface TextPieces {
  /** Undefined at the end. */
  next(): Promise<TextRows | undefined>;
  discard(): void;
}

/** Rows that are streamed may wait for a log that is slow. Text and bytes come as they are stored; times in UTC; nothing that the tables have is hidden. */
function sessionSql(version: ServerVersion): string {
  const common =
    "time_zone = '+00:00', sql_mode = '', character_set_results = NULL, lock_wait_timeout = 60, net_write_timeout = 3600";
  if (version.flavour === "mariadb") return `SET SESSION ${common}, max_statement_time = 0`;
  return `SET SESSION ${common}, max_execution_time = 0, information_schema_stats_expiry = 0`;
}

/** What went wrong at the source, as one of ours. */
export function sourceError(error: unknown): Error {
  if (error instanceof HotsiteError) return error;
  const { errno = 0, code = "" } = error as { errno?: number; code?: string };
  const problem = `the source: ${messageOf(error)}`;
  const tls = tlsFault("the source", error);
  if (tls !== undefined) return tls;
  if (!code.startsWith("ER_") || passing.has(errno))
    return new RetryableError("source-unreachable", problem, { cause: error });
  if (credentials.has(errno)) {
    return new CredentialError(problem, {
      cause: error,
      hint: refusesLogin.has(errno) ? loginHint : grantHint,
    });
  }
  if (errno === cannotServeBinlog) {
    return new HotsiteError("source-refused", problem, {
      cause: error,
      hint: "the source cannot serve its binlog from here; a new first copy can",
    });
  }
  return new HotsiteError("source-failed", problem, { cause: error, details: { number: errno } });
}

function gone(problem: string): Error {
  return new RetryableError("source-unreachable", `the source: ${problem}`);
}

function rethrow(error: unknown, signal: AbortSignal): never {
  signal.throwIfAborted();
  throw sourceError(error);
}
