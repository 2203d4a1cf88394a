import mysql, { type Connection } from "mysql2/promise";
import { waitFor } from "../../core/wait.ts";
import type { MariadbServer } from "../support/mariadb.ts";
import type { Random } from "./random.ts";

const accounts = 20;
const opening = 1000;

export const bankSeed = [
  "CREATE DATABASE shop",
  "USE shop",
  "CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL)",
  `INSERT INTO account SELECT seq, ${opening} FROM seq_1_to_${accounts}`,
  "CREATE TABLE entry (id BIGINT PRIMARY KEY AUTO_INCREMENT, source INT, target INT, amount INT, note VARCHAR(200))",
];

export const bankTotal = accounts * opening;

/** Clients of a bank: each transaction moves money and writes an entry. A server that is away is tried again. */
export class Bank implements AsyncDisposable {
  readonly #server: MariadbServer;
  readonly #random: Random;
  readonly #stop = new AbortController();
  #committed = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(server: MariadbServer, random: Random) {
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
    if (dice === 0) await connection.query(this.#schemaChange());
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

  #schemaChange(): string {
    const column = `extra_${this.#random.below(3)}`;
    return this.#random.below(2) === 0
      ? `ALTER TABLE shop.entry ADD COLUMN IF NOT EXISTS ${column} INT DEFAULT 7`
      : `ALTER TABLE shop.entry DROP COLUMN IF EXISTS ${column}`;
  }
}

/** Some megabytes in one transaction: it travels in parts. */
const largeInsert =
  "INSERT INTO shop.entry (source, target, amount, note) SELECT 1, 1, 0, REPEAT('large ', 30) FROM shop.seq_1_to_8000";

/** A server that starts again takes a moment; the loop ends as soon as it answers. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
