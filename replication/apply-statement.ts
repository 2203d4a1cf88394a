import type { LinkOrder } from "../core/protection.ts";
import { ApplyError, usedGtid, type RecordName } from "./apply-error.ts";
import { readFacts } from "./checkpoint.ts";
import { hasAnsiQuotes, withDefiner } from "./definer.ts";
import { failpoint } from "./failpoint.ts";
import { byHand } from "./foreign/foreign.ts";
import type { Understood } from "./foreign/understood.ts";
import { guarded, isOfEvent } from "./guard.ts";
import type { Identity } from "./identity.ts";
import { quoteName, quoteString } from "./literal.ts";
import { filledByItself } from "./own-values.ts";
import type { SchemaStatement, StatementChange, TransactionRecord } from "./record.ts";
import { quietHint, runsEvents, twice } from "./quiet-events.ts";
import { isOfProgram, leftOf, recoveryOf, type Recovery } from "./recovered.ts";
import { withoutStart } from "./schema-statements.ts";
import { contextSql, schemaContextSql } from "./session.ts";
import { TargetError, type Target } from "./target.ts";
import type { TargetTables } from "./target-tables.ts";

export interface StatementApplierOptions {
  readonly target: Target;
  readonly identity: Identity;
  readonly order: LinkOrder;
  readonly understood: Understood;
  /** What is known of the target's tables; forgotten after each statement. */
  readonly tables: TargetTables;
}

/** Runs statements as the source did: what was to be applied before is committed, and each one commits by itself. */
export class StatementApplier {
  readonly #options: StatementApplierOptions;

  constructor(options: StatementApplierOptions) {
    this.#options = options;
  }

  /**
   * A crash may come between a statement and the checkpoint. Its GTID tells whether it was run: the server writes both to its binlog at
   * once, but for what it finishes when it starts again. `mayBeThere`: it is the first one of a connection.
   */
  async once(record: TransactionRecord, change: StatementChange, mayBeThere: boolean): Promise<void> {
    const { target, identity, order } = this.#options;
    const facts = await readFacts(target);
    const ran = identity.ran(record.gtid, facts.position);
    if (ran && !mayBeThere) throw usedGtid(order, record);
    const recovery = mayBeThere ? await recoveryOf(target, facts) : undefined;
    const lost = recovery !== undefined && isOfProgram(change.sql, hasAnsiQuotes(change.sqlMode));
    if (ran && !lost) return;
    await this.#run(ran ? identity.own() : identity.statement(record.gtid), change, record, recovery);
    failpoint("after-statement");
  }

  /** One that changes nothing when it is run again; its GTID is left to the rows that follow it. */
  async repeatable(change: StatementChange, record: TransactionRecord): Promise<void> {
    await this.#run(this.#options.identity.own(), change, record);
  }

  /** Of a first copy; none has a GTID of the source. */
  async schema(statements: readonly SchemaStatement[], record: RecordName): Promise<void> {
    const { target, identity, tables } = this.#options;
    for (const statement of statements) {
      const context = [...identity.own(), schemaContextSql(statement, target.version.flavour)].join(";\n");
      const ansiQuotes = statement.sqlMode.includes("ANSI_QUOTES");
      const sql = guarded(statement.sql, ansiQuotes);
      await this.#requireQuiet(sql, ansiQuotes, record);
      await this.#runAlone(context, sql, record);
    }
    await target.beginSession();
    tables.forget();
  }

  async #run(
    identity: readonly string[],
    change: StatementChange,
    record: TransactionRecord,
    recovery?: Recovery,
  ): Promise<void> {
    const { target, tables, understood } = this.#options;
    const told = await understood.statement(record, { ...change, sql: withoutStart(withDefiner(change)) });
    const database = await this.#defaultDatabase(change.database);
    const context = [...identity, contextSql(told, database, target.version.flavour)].join(";\n");
    const ansiQuotes = hasAnsiQuotes(told.sqlMode);
    const sql = leftOf(guarded(told.sql, ansiQuotes), ansiQuotes, recovery);
    await this.#requireSameValues(told.sql, ansiQuotes, told.database, record);
    if (sql !== undefined) {
      await this.#requireQuiet(sql, ansiQuotes, record);
      await this.#runAlone(context, sql, record);
    }
    await target.beginSession();
    tables.forget();
  }

  /** Rows that are there get values that only the source knows. */
  async #requireSameValues(
    sql: string,
    ansiQuotes: boolean,
    database: string,
    record: RecordName,
  ): Promise<void> {
    const { target, order } = this.#options;
    const table = filledByItself(sql, ansiQuotes, database);
    if (table === undefined) return;
    const name = `${quoteName(table.database)}.${quoteName(table.name)}`;
    const rows = await target.rows(`SELECT 1 FROM ${name} LIMIT 1`).catch((error: unknown) => {
      if (!(error instanceof TargetError)) throw error;
      // Of a table that is not there the statement itself tells.
      return [];
    });
    if (rows.length === 0) return;
    const problem = `${sql}: the source gave each row of ${name} a value that the binlog does not tell`;
    throw new ApplyError(order, record, problem, undefined, ownValuesHint);
  }

  async #requireQuiet(sql: string, ansiQuotes: boolean, record: RecordName): Promise<void> {
    const { target, order } = this.#options;
    if (!isOfEvent(sql, ansiQuotes) || !(await runsEvents(target))) return;
    const problem = `${sql}: the target is writable and runs events: ${twice}`;
    throw new ApplyError(order, record, problem, undefined, quietHint);
  }

  /** A session may have been in a database that is not replicated: then the statement names its own. */
  async #defaultDatabase(name: string): Promise<string> {
    if (name === "") return name;
    const sql = `SELECT 1 FROM information_schema.schemata WHERE schema_name = ${quoteString(name)}`;
    return (await this.#options.target.rows(sql)).length > 0 ? name : "hotsite";
  }

  async #runAlone(context: string, sql: string, record: RecordName): Promise<void> {
    const { target, order } = this.#options;
    await target.run(context);
    await target.run(sql, 0).catch((error: unknown) => {
      if (!(error instanceof TargetError)) throw error;
      throw new ApplyError(order, record, `${sql}: ${error.message}`, error, byHand);
    });
  }
}

const ownValuesHint =
  "run it at the target too, skip it (hotsite replication skip), then take the source's values: hotsite replication verify --repair";
