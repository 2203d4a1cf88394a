import { feed } from "../core/command.ts";
import { HotsiteError, RetryableError, StaleEpochError } from "../core/errors.ts";
import type { Checkpoint, DatabaseControl, DatabaseState } from "../core/protection.ts";
import { CommandError, type Shell } from "../core/shell.ts";
import { checkpointSql, freezeSql, promoteSql, stateSql } from "./database-sql.ts";

export interface MariadbControlOptions {
  readonly site: string;
  /** Logged in on the database's node. */
  readonly shell: Shell;
  /** The client with its options, connecting as an administrator. Default `mariadb` through the local socket. */
  readonly client?: readonly [string, ...string[]];
  /** Connections of these users survive a freeze: they carry the replication, not the application. */
  readonly keepUsers?: readonly string[];
}

const batchOptions = ["--batch", "--raw", "--skip-column-names"];
/** The client's own errors: the server is not there, or went away. */
const connectionErrors = new Set([2002, 2003, 2006, 2013, 2026]);
const duringStartAndStop = new Set([1040, 1053, 1205, 1927]);

/** One site's MariaDB, steered through its node. Each call is one exchange. */
export class MariadbControl implements DatabaseControl {
  readonly site: string;
  readonly #shell: Shell;
  readonly #client: readonly [string, ...string[]];
  readonly #keepUsers: readonly string[];

  constructor({ site, shell, client, keepUsers }: MariadbControlOptions) {
    this.site = site;
    this.#shell = shell;
    this.#client = client ?? ["mariadb"];
    this.#keepUsers = keepUsers ?? ["root", "hotsite_feeder", "hotsite_applier"];
  }

  async state(signal: AbortSignal): Promise<DatabaseState> {
    const { writable, position, domain } = await this.#ask<DatabaseState>(stateSql, signal);
    return { writable, position, domain };
  }

  async freeze(signal: AbortSignal): Promise<string> {
    const { position } = await this.#ask<{ position: string }>(freezeSql(this.#keepUsers), signal);
    return position;
  }

  async promote(epoch: number, signal: AbortSignal): Promise<string> {
    const now = await this.#ask<{ epoch: number; position: string }>(promoteSql(epoch), signal);
    if (now.epoch > epoch) {
      throw new StaleEpochError(
        `${this.site}: the database was promoted under epoch ${now.epoch}, epoch ${epoch} is over`,
      );
    }
    return now.position;
  }

  async checkpoint(signal: AbortSignal): Promise<Checkpoint | undefined> {
    return (await this.#ask<Checkpoint | null>(checkpointSql, signal)) ?? undefined;
  }

  async #ask<T>(sql: string, signal: AbortSignal): Promise<T> {
    const [program, ...options] = this.#client;
    try {
      const { stdout } = await this.#shell.run(feed(sql, program, ...options, ...batchOptions), signal);
      return JSON.parse(stdout) as T;
    } catch (error) {
      throw error instanceof CommandError ? this.#explain(error) : error;
    }
  }

  #explain(error: CommandError): HotsiteError {
    // The client prefixes what the server or the connection said with its number.
    const number = Number(/^ERROR (\d+)/m.exec(error.stderr)?.[1]);
    const problem = `${this.site}: the database does not do it: ${error.stderr.trim()}`;
    if (connectionErrors.has(number)) {
      return new RetryableError("unreachable", `${this.site}: the database does not answer`, {
        cause: error,
        details: { number },
      });
    }
    if (duringStartAndStop.has(number)) return new RetryableError("database-busy", problem, { cause: error });
    return new HotsiteError("database-failed", problem, { cause: error, details: { number } });
  }
}
