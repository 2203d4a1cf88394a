import { answerWithin } from "../core/answer-within.ts";
import type { Command } from "../core/command.ts";
import { HotsiteError, RetryableError, StaleEpochError } from "../core/errors.ts";
import { includesPosition, ofOrigin, parsePosition } from "../core/position.ts";
import type { Checkpoint, DatabaseControl, DatabaseState, XaDecision } from "../core/protection.ts";
import { CommandError, type Shell } from "../core/shell.ts";
import { fed, type Client, type DatabaseDialect } from "./database-dialect.ts";
import { mariadbDialect, numberAfterSql } from "./database-mariadb.ts";
import { mysqlDialect } from "./database-mysql.ts";
import type { Flavour } from "./flavour.ts";
import { decidedTableSql, decisionError, decisionSql, readUndecided, undecidedSql } from "./undecided.ts";

export interface ServerControlOptions {
  readonly site: string;
  readonly flavour: Flavour;
  /** Logged in on the database's node. */
  readonly shell: Shell;
  readonly client: Client;
  /** Connections of these users survive a freeze: they carry the replication, not the application. */
  readonly keepUsers?: readonly string[];
}

const dialects: Readonly<Record<Flavour, DatabaseDialect>> = { mariadb: mariadbDialect, mysql: mysqlDialect };
/** The client's own errors: the server is not there, or went away. */
const connectionErrors = new Set([2002, 2003, 2006, 2013, 2026]);
const duringStartAndStop = new Set([1040, 1053, 1205, 1927]);
/** Reaching a node takes 20 s at most, and a freeze waits 10 s for a lock; everything else is answered at once. */
const answerMs = 30_000;
/** Committing what is prepared may have much to write. */
const decisionMs = 600_000;

/** One site's MariaDB or MySQL, steered through its node. Each call is one exchange. */
export class ServerControl implements DatabaseControl {
  readonly site: string;
  readonly #flavour: Flavour;
  readonly #dialect: DatabaseDialect;
  readonly #shell: Shell;
  readonly #client: Client;
  readonly #keepUsers: readonly string[];

  constructor({ site, flavour, shell, client, keepUsers }: ServerControlOptions) {
    this.site = site;
    this.#flavour = flavour;
    this.#dialect = dialects[flavour];
    this.#shell = shell;
    this.#client = client;
    this.#keepUsers = keepUsers ?? ["root", "hotsite_feeder", "hotsite_applier"];
  }

  async state(signal: AbortSignal): Promise<DatabaseState> {
    const { writable, position, origin } = await this.#ask<DatabaseState>(
      this.#dialect.state(this.#client),
      signal,
    );
    return { writable, position, origin };
  }

  async freeze(signal: AbortSignal): Promise<string> {
    const freeze = this.#dialect.freeze(this.#client, this.#keepUsers);
    const { position } = await this.#ask<{ position: string }>(freeze, signal);
    return position;
  }

  async promote(epoch: number, signal: AbortSignal): Promise<string> {
    const promote = this.#dialect.promote(this.#client, epoch);
    const now = await this.#ask<{ epoch: number; position: string }>(promote, signal);
    if (now.epoch > epoch) {
      throw new StaleEpochError(
        `${this.site}: the database was promoted under epoch ${now.epoch}, epoch ${epoch} is over`,
      );
    }
    return now.position;
  }

  async numberAfter(position: string, signal: AbortSignal): Promise<void> {
    const now = await this.state(signal);
    const given = ofOrigin(parsePosition(position), now.origin);
    // A MySQL that was replaced has another identity, and numbers of its own.
    if (given.form !== "mariadb" || includesPosition(parsePosition(now.position), given)) return;
    await this.#run(fed(numberAfterSql(given.domains), this.#client), signal);
  }

  async checkpoint(signal: AbortSignal): Promise<Checkpoint | undefined> {
    return (await this.#ask<Checkpoint | null>(this.#dialect.checkpoint(this.#client), signal)) ?? undefined;
  }

  async undecided(signal: AbortSignal): Promise<readonly string[]> {
    return readUndecided(await this.#run(fed(undecidedSql[this.#flavour], this.#client), signal));
  }

  async decide(decision: XaDecision, signal: AbortSignal): Promise<void> {
    const sql = `${decidedTableSql};\n${decisionSql(decision)};\n`;
    await this.#run(fed(sql, this.#client), signal, decisionMs).catch((error: unknown) => {
      throw decisionError(decision.xid, error);
    });
  }

  async #ask<T>(question: Command, signal: AbortSignal): Promise<T> {
    return JSON.parse(await this.#run(question, signal)) as T;
  }

  async #run(question: Command, signal: AbortSignal, ms = answerMs): Promise<string> {
    const hint = `look at its server: hotsite doctor; hotsite logs ${this.site}`;
    const patience = { ms, who: `${this.site}: the database`, hint };
    try {
      return await answerWithin(
        patience,
        async (inner) => (await this.#shell.run(question, inner)).stdout,
        signal,
      );
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
