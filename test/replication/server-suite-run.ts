import type { Connection } from "mysql2/promise";
import { waitFor } from "../../core/wait.ts";
import type { DatabaseServer } from "../support/database-server.ts";

/** Databases that the scripts make and use. */
export const suiteDatabases: readonly string[] = [
  ...["test", "mysqltest", "mysqltest1", "mysqltest2", "mysqltest3", "mysqltest_db1", "test1", "test2"],
  ...["db1", "db2", "db_1", "d1", "testdb", "s1", "kept"],
];

/** Keeps a table that a script drops, so that it can be compared in the end: all but each fourth, which is dropped. */
const keeper = "kept";

export class SuiteRun {
  readonly #server: DatabaseServer;
  #connection: Connection | undefined;
  #kept = 0;
  done = 0;
  asked = 0;

  constructor(server: DatabaseServer) {
    this.#server = server;
  }

  /** Runs them as an application would: what the server refuses is passed over. Ends at the deadline. */
  async run(statements: readonly string[], deadline: number): Promise<void> {
    // MariaDB writes to its binlog that a temporary table is renamed, which nobody else has.
    const temporary = statements.filter((sql) => /\btemporary\b/i.test(sql)).join("\n");
    for (const sql of statements) {
      if (Date.now() > deadline) break;
      for (const table of droppedBy(sql)) {
        this.#kept += 1;
        if (this.#kept % 4 !== 0 && !temporary.includes(table))
          await this.#try(`RENAME TABLE ${table} TO ${keeper}.t${this.#kept}`);
      }
      this.asked += 1;
      if (await this.#try(sql)) this.done += 1;
    }
    this.#forget();
    await this.#quiet();
  }

  /** A statement that was given up goes on in the server, and could still commit. */
  async #quiet(): Promise<void> {
    await waitFor(
      async () => {
        const left = await this.#server.query(
          "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'app'",
        );
        for (const { id } of left) await this.#server.query(`KILL ${String(id)}`).catch(() => undefined);
        return left.length === 0 ? true : undefined;
      },
      { timeoutMs: 120_000, intervalMs: 20, what: "the sessions of the script to end" },
      new AbortController().signal,
    );
  }

  async #try(sql: string): Promise<boolean> {
    const connection = await this.#connected();
    return connection.query({ sql, timeout: 10_000 }).then(
      () => true,
      (error: unknown) => {
        const fatal = (error as { fatal?: boolean; code?: string }).code;
        if (fatal !== undefined && /^(PROTOCOL_|ECONN|EPIPE)/.test(fatal)) this.#forget();
        return false;
      },
    );
  }

  #forget(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  /** Texts go as the bytes that the script has. */
  async #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection;
    const options = { user: "app", charset: "latin1_swedish_ci" };
    const connection = await this.#server.connect(options);
    const names = this.#server.flavour === "mysql" ? "utf8mb4" : "latin1";
    await connection.query(`SET NAMES ${names}`);
    await connection.query("USE test").catch(() => undefined);
    this.#connection = connection;
    return connection;
  }
}

function droppedBy(sql: string): readonly string[] {
  const [, names] = /^drop\s+tables?\s+(?:if\s+exists\s+)?([\w`.,\s$]+)$/i.exec(sql.trim()) ?? [];
  return names === undefined ? [] : names.split(",").map((name) => name.trim());
}
