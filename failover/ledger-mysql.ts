import { once } from "node:events";
import type { Duplex } from "node:stream";
import mysql, { type Connection, type RowDataPacket } from "mysql2/promise";
import { RetryableError } from "../core/errors.ts";
import type { Secret } from "../core/secret.ts";
import type { Ledger, LedgerEntry } from "./world.ts";

export interface LedgerAccess {
  /** Already connected to the database's port. */
  readonly stream: Duplex;
  readonly user: string;
  readonly password: Secret;
  /** The application's own authority, PEM; without one the connection is not encrypted. */
  readonly ca?: string;
}

/** The table `hotsite.ledger` of one database. Closing it closes the stream. */
export async function openLedger(
  { stream, user, password, ca }: LedgerAccess,
  signal: AbortSignal,
): Promise<Ledger> {
  const ssl = ca === undefined ? undefined : { ca, rejectUnauthorized: true };
  const connecting = mysql.createConnection({ stream, user, password: password.reveal(), ssl });
  // A connection that is lost between two writes has nobody waiting for it; the next write fails and tells.
  const connection = await inTime(connecting, stream, signal);
  connection.on("error", () => stream.destroy());
  return new MysqlLedger(connection, stream);
}

class MysqlLedger implements Ledger {
  readonly #connection: Connection;
  readonly #stream: Duplex;

  constructor(connection: Connection, stream: Duplex) {
    this.#connection = connection;
    this.#stream = stream;
  }

  async append({ id, drill, writtenMs }: LedgerEntry, signal: AbortSignal): Promise<void> {
    const insert = this.#connection.execute(
      "INSERT INTO hotsite.ledger (id, drill, written_ms) VALUES (?, ?, ?)",
      [id, drill, writtenMs],
    );
    await inTime(insert, this.#stream, signal);
  }

  async entries(drill: string, signal: AbortSignal): Promise<readonly LedgerEntry[]> {
    const select = this.#connection.execute<RowDataPacket[]>(
      "SELECT id, drill, written_ms FROM hotsite.ledger WHERE drill = ? ORDER BY id",
      [drill],
    );
    const [rows] = await inTime(select, this.#stream, signal);
    return rows.map((row) => ({
      id: Number(row.id),
      drill: String(row.drill),
      writtenMs: Number(row.written_ms),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.destroy();
    if (!this.#stream.destroyed) this.#stream.destroy();
    return Promise.resolve();
  }
}

/** The answer, unless the signal ends first: then the stream is closed, because a late answer would belong to nobody. */
async function inTime<T>(answer: Promise<T>, stream: Duplex, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const late = once(signal, "abort", { signal: over.signal }).then(
    () => {
      stream.destroy();
      throw new RetryableError("timeout", "the database did not answer in time");
    },
    () => answer,
  );
  answer.catch(() => undefined);
  try {
    signal.throwIfAborted();
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
  }
}
