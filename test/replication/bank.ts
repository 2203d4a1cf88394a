import mysql, { type Connection } from "mysql2/promise";
import { waitFor } from "../../core/wait.ts";
import type { DatabaseServer } from "../support/database-server.ts";
import type { Random } from "./random.ts";

const accounts = 20;
const opening = 1000;

/** Numbers from 1 to 90 in a way that both kinds of servers know. */
const numbers = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 90)";

export const bankSeed = [
  "CREATE DATABASE shop",
  "USE shop",
  "CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL)",
  `INSERT INTO account ${numbers} SELECT i, ${opening} FROM n WHERE i <= ${accounts}`,
  "CREATE TABLE entry (id BIGINT PRIMARY KEY AUTO_INCREMENT, source INT, target INT, amount INT, note VARCHAR(200))",
];

export const bankTotal = accounts * opening;

/** Clients of a bank: each transaction moves money and writes an entry. A server that is away is tried again. */
export class Bank implements AsyncDisposable {
  readonly #server: DatabaseServer;
  readonly #random: Random;
  readonly #stop = new AbortController();
  #committed = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(server: DatabaseServer, random: Random) {
    this.#server = server;
    this.#random = random;
    this.#running = this.#work();
  }

  /** Resolves when so many more transactions are committed. */
  async more(transactions: number, signal: AbortSignal): Promise<void> {
    const wanted = this.#committed + transactions;
    await waitFor(
      () => Promise.resolve(this.#committed >= wanted ? true : undefined),
      { timeoutMs: 60_000, intervalMs: 5, what: `${transactions} more transfers` },
      signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // A connection of its own: one of the fixture's would be taken away in the middle of a call when the server is killed.
      const connection = await mysql.createConnection(this.#server.root).catch(() => undefined);
      if (connection === undefined) await pause();
      else await this.#transferUntilItFails(connection);
    }
  }

  async #transferUntilItFails(connection: Connection): Promise<void> {
    connection.on("error", () => connection.destroy());
    try {
      while (!this.#stop.signal.aborted) {
        await this.#one(connection);
        this.#committed += 1;
      }
      await connection.end();
    } catch {
      // Whether the last one was committed only the server knows: the check asks both servers.
      connection.destroy();
    }
  }

  /** Now and then a large transaction, or a change of the schema. */
  async #one(connection: Connection): Promise<void> {
    const dice = this.#random.below(400);
    if (dice === 0) await this.#changeSchema(connection);
    else if (dice === 1) await connection.query(largeInsert);
    else await this.#transfer(connection);
  }

  async #transfer(connection: Connection): Promise<void> {
    const [from, to] = [1 + this.#random.below(accounts), 1 + this.#random.below(accounts)];
    const amount = this.#random.below(100);
    await connection.query("START TRANSACTION");
    await connection.query("UPDATE shop.account SET balance = balance - ? WHERE id = ?", [amount, from]);
    await connection.query("UPDATE shop.account SET balance = balance + ? WHERE id = ?", [amount, to]);
    await connection.query("INSERT INTO shop.entry (source, target, amount) VALUES (?, ?, ?)", [
      from,
      to,
      amount,
    ]);
    await connection.query("COMMIT");
  }

  async #changeSchema(connection: Connection): Promise<void> {
    const column = `extra_${this.#random.below(3)}`;
    const change =
      this.#random.below(2) === 0 ? `ADD COLUMN ${column} INT DEFAULT 7` : `DROP COLUMN ${column}`;
    await connection.query(`ALTER TABLE shop.entry ${change}`).catch((error: unknown) => {
      if (!isDoneAlready(error)) throw error;
    });
  }
}

/** The column is there, or it is not. */
function isDoneAlready(error: unknown): boolean {
  return error instanceof Error && "errno" in error && (error.errno === 1060 || error.errno === 1091);
}

/** Some megabytes in one transaction: it travels in parts. */
const largeInsert = `INSERT INTO shop.entry (source, target, amount, note) ${numbers} SELECT 1, 1, 0, REPEAT('large ', 30) FROM n AS a, n AS b`;

/** A server that starts again takes a moment; the loop ends as soon as it answers. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
