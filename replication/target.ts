import { Readable } from "node:stream";
import type {
  Connection,
  ConnectionOptions,
  QueryError,
  ResultSetHeader,
  RowDataPacket,
} from "mysql2/promise";
import { HotsiteError, messageOf, RetryableError } from "../core/errors.ts";
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
import { sessionSql, wholeAnswers } from "./session.ts";
import { SilenceWatch, type SilenceTimes } from "./silence.ts";
import { tlsFault } from "./tls-fault.ts";
import { within } from "./within.ts";

/** How to reach the target, as the applier's user. */
export type TargetOptions = ServerOptions;

/** The server's refusals that pass by themselves: too many connections, shutting down, offline, lock wait, deadlock, killed, interrupted. */
const passing = new Set([1040, 1053, 1158, 1159, 1160, 1161, 1205, 1213, 1317, 1927, 1969, 3032, 4031]);
/** It has no room: writing to a file or a full disk, a table that cannot grow, memory for a sort, for itself, for a thread. */
const noRoom = new Set([3, 20, 1021, 1026, 1037, 1038, 1041, 1114, 1135]);
const accessDenied = new Set([1044, 1045, 1227, 1698]);
const readOnly = 1290;

/** One connection to the target, with the session of an applier. Ends when the signal does: calls in progress then reject. */
export class Target implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #signal: AbortSignal;
  readonly #watch: SilenceWatch;
  #version: ServerVersion | undefined;

  private constructor(connection: Connection, watch: SilenceWatch, signal: AbortSignal) {
    this.#connection = connection;
    this.#watch = watch;
    this.#signal = AbortSignal.any([signal, watch.signal]);
  }

  /** What the server is. */
  get version(): ServerVersion {
    if (this.#version === undefined) throw new Error("a target's version is asked when it is opened");
    return this.#version;
  }

  /** Throws a retryable error when the server cannot be reached. */
  static async open(server: TargetOptions, signal: AbortSignal, silence?: SilenceTimes): Promise<Target> {
    const target = await Target.ask(server, signal, silence);
    return target.#begun(() => target.beginSession());
  }

  /** The same only to ask it something: it needs no privileges for that. */
  static async ask(server: TargetOptions, signal: AbortSignal, silence?: SilenceTimes): Promise<Target> {
    const connecting = connect(applierOptions(server), signal);
    const connection = await connecting.catch((error: unknown) => fail(error, signal));
    const target = new Target(connection, new SilenceWatch({ server, connection }, gone, silence), signal);
    return target.#begun(async () => {
      await target.run(wholeAnswers);
      const [row] = await target.rows<{ version: string }>("SELECT @@version AS version");
      target.#version = versionOf(row?.version ?? "");
    });
  }

  /** Whatever statements of the source have set is gone. */
  async beginSession(): Promise<void> {
    await this.run(sessionSql(this.version.flavour));
  }

  /**
   * Runs one or more statements in one exchange; gives how many rows each found or made. Throws `TargetError` on the first that fails.
   * `timeoutMs` 0: as long as it takes.
   */
  async run(sql: string, timeoutMs: number = exchangeMs): Promise<readonly number[]> {
    const [results] = await this.#exchange(this.#connection.query(sql), timeoutMs, sql.length);
    const list = (Array.isArray(results) ? results : [results]) as Partial<ResultSetHeader>[];
    return list.map(({ affectedRows }) => affectedRows ?? 0);
  }

  async rows<T>(sql: string): Promise<readonly T[]> {
    const [rows] = await this.#exchange(this.#connection.query<RowDataPacket[]>(sql), exchangeMs);
    if (Array.isArray(rows)) return rows as unknown as readonly T[];
    // MySQL passes over whatever is said under a GTID that it has.
    throw new RetryableError("gtid-used", "another processor has used the GTID of the next transaction");
  }

  /** Whether it reads what `load` sends: MariaDB does unless told otherwise, MySQL only when told so. */
  async loads(): Promise<boolean> {
    const [row] = await this.rows<{ on: string | number }>("SELECT @@GLOBAL.local_infile AS `on`");
    return Number(row?.on) === 1;
  }

  /** Runs a LOAD DATA LOCAL that reads `body`; gives how many rows went in, undefined when any of them met with a warning. */
  async load(sql: string, body: Buffer): Promise<number | undefined> {
    const infileStreamFactory = (): Readable => Readable.from(slices(body), { objectMode: false });
    const asked = this.#connection.query<ResultSetHeader>({ sql, infileStreamFactory });
    const [{ affectedRows, warningStatus }] = await this.#exchange(asked, exchangeMs, body.length);
    return warningStatus === 0 ? affectedRows : undefined;
  }

  /** Rows by place, each value as the server sent it. */
  async raw(sql: string): Promise<readonly (readonly (Buffer | null)[])[]> {
    const typeCast = (field: { buffer(): Buffer | null }): Buffer | null => field.buffer();
    const asked = this.#connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true, typeCast });
    const [rows] = await this.#exchange(asked, exchangeMs);
    return rows as unknown as readonly (readonly (Buffer | null)[])[];
  }

  /** Without farewell, so that it does not wait for a statement in progress; the server rolls back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    this.#connection.destroy();
    return Promise.resolve();
  }

  /** Whoever gets no target has none to close. */
  async #begun(begin: () => Promise<void>): Promise<Target> {
    try {
      await begin();
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  #exchange<T>(asked: Promise<T>, timeoutMs: number, bytes = 0): Promise<T> {
    this.#watch.asked(bytes);
    return within(timeoutMs, asked, this.#signal)
      .catch((error: unknown) => fail(error, this.#signal))
      .finally(() => this.#watch.answered());
  }
}

/** The driver makes a packet of each. */
function* slices(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += packetBytes)
    yield body.subarray(start, start + packetBytes);
}

const packetBytes = 2 ** 18;

/** The target does not do what the stream says. */
export class TargetError extends HotsiteError {
  constructor(message: string, number: number, cause: unknown) {
    super("target-failed", message, { cause, details: { number } });
  }
}

function applierOptions(server: TargetOptions): ConnectionOptions {
  return {
    ...connectionOptions(server),
    multipleStatements: true,
    bigNumberStrings: true,
    // There are no placeholders: looking for them takes longer than writing the statements.
    queryFormat: (sql) => sql,
    // Numbers of rows count those that were found, not only those that were different.
    flags: ["+FOUND_ROWS"],
  };
}

function gone(problem: string): Error {
  return new RetryableError("target-unreachable", `the target: ${problem}`);
}

function fail(error: unknown, signal: AbortSignal): never {
  signal.throwIfAborted();
  const { errno = 0, code, sqlState, fatal = false } = error as Partial<QueryError>;
  const answered = sqlState !== undefined && errno > 0;
  // A mistake of ours has none of these: it must not be retried. A connection that was lost before is only called fatal.
  if (!answered && code === undefined && !fatal && !isTimeout(error)) throw error;
  const tls = tlsFault("the target", error);
  if (tls !== undefined) throw tls;
  if (!answered || passing.has(errno)) {
    throw new RetryableError("target-unreachable", `the target: ${messageOf(error)}`, { cause: error });
  }
  if (noRoom.has(errno)) {
    throw new RetryableError("target-full", `the target has no room: ${messageOf(error)}`, {
      cause: error,
      hint: "make room there, on its disk as a rule: the link then goes on by itself",
    });
  }
  if (accessDenied.has(errno)) {
    throw new HotsiteError("credentials", `the target refuses the applier: ${messageOf(error)}`, {
      cause: error,
      hint: refusesLogin.has(errno) ? loginHint : grantHint,
    });
  }
  if (errno === readOnly) {
    throw new HotsiteError(
      "target-read-only",
      `the target does not let the applier write: ${messageOf(error)}`,
      {
        cause: error,
        hint: "MySQL: SET GLOBAL super_read_only = OFF, read_only may stay ON; and grant what `hotsite replication` prints",
      },
    );
  }
  throw new TargetError(messageOf(error), errno, error);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
