import { HotsiteError } from "../core/errors.ts";
import { formatPosition, parsePosition, withGtid } from "../core/position.ts";
import type { LinkOrder, SkipOrder } from "../core/protection.ts";
import { located } from "./apply-error.ts";
import { StatementApplier } from "./apply-statement.ts";
import { ApplyTransaction } from "./apply-transaction.ts";
import { lostCheckpoint, moveSql, readFacts, type Applied } from "./checkpoint.ts";
import { CopyWorkers } from "./copy-workers.ts";
import { failpoint } from "./failpoint.ts";
import { Understood } from "./foreign/understood.ts";
import { identityOf, type Identity } from "./identity.ts";
import { Lane } from "./lane.ts";
import type {
  Change,
  CopyChunkRecord,
  RecordBatch,
  SchemaStatement,
  StatementChange,
  StreamRecord,
  TableSchema,
  TransactionRecord,
} from "./record.ts";
import { hasKey, insertSql, type TargetTable } from "./row-sql.ts";
import { dropDatabase, madeAgain, repeatable, truncateTable } from "./schema-statements.ts";
import { skippedSql } from "./skipped.ts";
import type { Target } from "./target.ts";
import { TargetTables } from "./target-tables.ts";

export interface ApplierOptions {
  readonly order: LinkOrder;
  /** A transaction to leave out. */
  readonly skip?: SkipOrder;
  /** Another connection, for what may not be part of a transaction that is open, or goes on beside it; the caller's to dispose of. */
  readonly connect: () => Promise<Target>;
  /** One statement at a time, to name the one that fails. */
  readonly careful: () => boolean;
  /** After each commit. `heartbeatMs` is the newest heartbeat of the source inside. */
  readonly onApplied: (applied: Applied, heartbeatMs: number | undefined) => void;
}

/** A whole transaction that waits to be applied together with its neighbours. */
interface Pending {
  readonly record: TransactionRecord;
  readonly batch: RecordBatch;
}

/**
 * Applies records in order over one connection; the target works on what was taken before while more is taken. Whatever it throws, the
 * next applier starts from the checkpoint.
 */
export class Applier implements AsyncDisposable {
  readonly #target: Target;
  readonly #identity: Identity;
  readonly #options: ApplierOptions;
  readonly #tables: TargetTables;
  /** Where this connection began. */
  readonly #from: number;
  readonly #lane = new Lane();
  /** Where everything that was sent leads to. */
  #sent: Applied;
  #pending: Pending[] = [];
  /** A large transaction of which parts are in the target, uncommitted. */
  #open: ApplyTransaction | undefined;
  readonly #workers: CopyWorkers;
  readonly #understood: Understood;
  readonly #statements: StatementApplier;

  readonly #loads: boolean;

  private constructor(
    target: Target,
    { identity, loads }: { readonly identity: Identity; readonly loads: boolean },
    applied: Applied,
    options: ApplierOptions,
  ) {
    this.#target = target;
    this.#identity = identity;
    this.#loads = loads;
    this.#sent = applied;
    this.#from = applied.sequence;
    this.#options = options;
    this.#tables = new TargetTables(target);
    this.#understood = new Understood(target);
    const { order } = options;
    const [tables, understood] = [this.#tables, this.#understood];
    this.#statements = new StatementApplier({ target, identity, order, understood, tables });
    this.#workers = new CopyWorkers({ order: options.order, identity, connect: options.connect });
  }

  static async open(target: Target, applied: Applied, options: ApplierOptions): Promise<Applier> {
    const identity = identityOf(await readFacts(target));
    return new Applier(target, { identity, loads: await target.loads() }, applied, options);
  }

  /** Takes the batch's records from number `from` on; whole transactions wait for `endBatch`. */
  async take(batch: RecordBatch, from: number): Promise<void> {
    for (const record of batch.records)
      if (record.seq >= from && !this.#holds(record, batch)) await this.#take(record, batch);
  }

  /** Nearly all records are whole transactions of rows whose tables are known: these wait without any detour. */
  #holds(record: StreamRecord, batch: RecordBatch): boolean {
    if (record.kind !== "transaction" || record.part !== 1 || !record.last || this.#workers.busy)
      return false;
    if (record.gtid === this.#options.skip?.gtid) return false;
    const areRows = record.changes.every(
      (change) =>
        change.kind !== "statement" && this.#tables.known(tableAt(batch, change.table))?.sequence === false,
    );
    if (areRows) this.#pending.push({ record, batch });
    return areRows;
  }

  async #take(record: StreamRecord, batch: RecordBatch): Promise<void> {
    if (record.kind !== "copy-chunk" && record.kind !== "copy-table-done") await this.#endCopying();
    switch (record.kind) {
      case "transaction":
        return this.#takeTransaction(record, batch);
      case "abort":
        await this.#flush();
        return this.#rollBack();
      case "copy-begin":
        await this.#flush();
        await this.#schema(record.databases.map(dropDatabase));
        await this.#schema(await this.#understood.schema(record.statements, batch.position));
        return this.#move({ sequence: record.seq, position: "" });
      case "copy-unit":
        await this.#flush();
        await this.#schema(record.tables.map(truncateTable));
        return this.#move({ sequence: record.seq, position: "" });
      case "copy-chunk":
        await this.#flush();
        return this.#copy(record, batch);
      case "copy-table-done":
        return;
      case "copy-end":
        await this.#flush();
        await this.#schema(
          await this.#understood.schema(record.statements.flatMap(repeatable), batch.position),
        );
        return this.#move({ sequence: record.seq, position: "" });
    }
  }

  /** Everything of the batch has been taken: what waits is sent, with its commit. */
  async endBatch({ copy, position }: RecordBatch): Promise<void> {
    if (copy !== undefined || this.#open !== undefined) return this.#flush();
    if (this.#pending.length === 0 && this.#sent.position === "")
      return this.#move({ ...this.#sent, position });
    await this.#flush(position);
  }

  /** Everything that was sent is committed, but for a transaction of which parts are missing. */
  async drained(): Promise<void> {
    await this.#endCopying();
    await this.#lane.drained();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#workers[Symbol.asyncDispose]();
  }

  async #flush(position?: string): Promise<void> {
    const pending = this.#pending;
    const last = pending.at(-1);
    if (last === undefined) return;
    this.#pending = [];
    const { gtid, seq } = last.record;
    const reached = { sequence: seq, position: position ?? this.#advanced(gtid) };
    const transaction = this.#begin(gtid, reached);
    await this.#add(transaction, pending);
    await this.#commit(transaction, reached);
  }

  async #takeTransaction(record: TransactionRecord, batch: RecordBatch): Promise<void> {
    const { skip } = this.#options;
    if (record.gtid === skip?.gtid) return this.#skip(record, skip);
    const [change] = record.changes;
    if (change?.kind === "statement") {
      await this.#flush();
      if (record.last && record.changes.length === 1) return this.#statement(record, change);
      await this.#createFor(record, change);
      const filled = { ...record, changes: record.changes.slice(1) };
      return this.#takePart(await this.#setSequences(filled, batch), batch);
    }
    if (record.part === 1 && record.last) {
      this.#pending.push({ record: await this.#setSequences(record, batch), batch });
      return;
    }
    await this.#flush();
    return this.#takePart(await this.#setSequences(record, batch), batch);
  }

  /** What is left of a transaction. Setting a sequence again changes nothing, so it may be done before, and by a statement of its own. */
  async #setSequences(record: TransactionRecord, batch: RecordBatch): Promise<TransactionRecord> {
    const left: Change[] = [];
    const sets: string[] = [];
    for (const change of record.changes) {
      const table =
        change.kind === "statement" ? undefined : await this.#tableOf(tableAt(batch, change.table), record);
      if (change.kind === "statement" || table?.sequence !== true) left.push(change);
      else sets.push(...change.rows.map((row) => insertSql(table, [row])));
    }
    if (sets.length === 0) return record;
    if (this.#open === undefined) {
      await this.#lane.drained();
      await this.#runEach(this.#target, sets);
    } else {
      await using target = await this.#options.connect();
      await this.#runEach(target, sets);
    }
    return { ...record, changes: left };
  }

  async #tableOf(schema: TableSchema, record: TransactionRecord): Promise<TargetTable> {
    return this.#tables.of(schema).catch((error: unknown) => {
      throw located(error, this.#options.order, record);
    });
  }

  async #runEach(target: Target, statements: readonly string[]): Promise<void> {
    for (const sql of statements) await target.run([...this.#identity.own(), sql].join(";\n"));
  }

  async #takePart(record: TransactionRecord, batch: RecordBatch): Promise<void> {
    if (record.part === 1) this.#open = this.#begin(record.gtid, this.#sent);
    if (this.#open === undefined)
      throw new HotsiteError("bad-record", `record ${record.seq} is part ${record.part} of nothing`);
    await this.#add(this.#open, [{ record, batch }]);
    await this.#open.send();
    if (!record.last) return;
    const reached = { sequence: record.seq, position: this.#advanced(record.gtid) };
    this.#open.move(moveSql(this.#options.order, this.#sent.sequence, reached));
    await this.#commit(this.#open, reached);
    this.#open = undefined;
  }

  /** Rows that cannot be told apart are written once, with the checkpoint; others by several workers, with the checkpoint after some of them. */
  async #copy(record: CopyChunkRecord, batch: RecordBatch): Promise<void> {
    const schema = tableAt(batch, record.table);
    const table = await this.#tables.of(schema);
    if (!hasKey(table) || this.#options.careful()) return this.#copyAlone(record, schema);
    if (!this.#workers.busy) await this.#lane.drained();
    await this.#workers.add(record, schema, table, this.#sent.sequence);
    if (this.#workers.full) await this.#endCopying();
  }

  async #copyAlone({ seq, rows }: CopyChunkRecord, schema: TableSchema): Promise<void> {
    await this.#endCopying();
    const reached = { sequence: seq, position: "" };
    const transaction = this.#begin(undefined, reached);
    await transaction.copy(schema, rows, { seq });
    await this.#commit(transaction, reached);
  }

  async #endCopying(): Promise<void> {
    if (this.#workers.busy) await this.#move({ sequence: await this.#workers.drained(), position: "" });
  }

  /** The checkpoint comes first: its lock keeps any other processor out until the end. */
  #begin(gtid: string | undefined, reached: Applied): ApplyTransaction {
    const { order } = this.#options;
    const identity = gtid === undefined ? this.#identity.own() : this.#identity.rows(gtid);
    const move = moveSql(order, this.#sent.sequence, reached);
    return new ApplyTransaction(this.#target, this.#tables, {
      identity,
      move,
      order,
      careful: this.#options.careful(),
      lane: this.#lane,
      loads: this.#loads,
    });
  }

  async #add(transaction: ApplyTransaction, pending: readonly Pending[]): Promise<void> {
    for (const { record, batch } of pending) {
      for (const change of record.changes) {
        if (change.kind === "statement")
          throw new HotsiteError("bad-record", `record ${record.seq}: a statement among rows`);
        const schema = tableAt(batch, change.table);
        const table = this.#tables.known(schema) ?? (await this.#tableOf(schema, record));
        transaction.add(change, schema, table, record);
        if (transaction.careful) await transaction.sendAlone();
      }
    }
  }

  async #commit(transaction: ApplyTransaction, reached: Applied): Promise<void> {
    const { heartbeatMs } = transaction;
    await transaction.send();
    this.#sent = reached;
    await this.#lane.add(async () => {
      failpoint("before-target-commit");
      await this.#target.run("COMMIT");
      failpoint("after-target-commit");
      this.#options.onApplied(reached, heartbeatMs);
    });
  }

  /** The checkpoint moves over the transaction, in one commit with the word of who wanted that. */
  async #skip({ seq, gtid, last }: TransactionRecord, skip: SkipOrder): Promise<void> {
    await this.#flush();
    // Until its last part the target stays before it.
    if (!last) return;
    await this.#lane.drained();
    const { order, onApplied } = this.#options;
    const reached = { sequence: seq, position: this.#advanced(gtid) };
    const begin = [...this.#identity.rows(gtid), "START TRANSACTION"];
    const move = moveSql(order, this.#sent.sequence, reached);
    const counts = await this.#target.run([...begin, move, skippedSql(order, seq, skip)].join(";\n"));
    if (counts.at(-2) !== 1) throw lostCheckpoint(order);
    await this.#target.run("COMMIT");
    this.#sent = reached;
    onApplied(reached, undefined);
  }

  async #statement(record: TransactionRecord, change: StatementChange): Promise<void> {
    await this.#lane.drained();
    // Only the first one after a crash may be there already.
    const isFirst = this.#sent.sequence === this.#from;
    await this.#statements.once(record, change, isFirst);
    await this.#move({ sequence: record.seq, position: this.#advanced(record.gtid) });
  }

  /** The table that the rows of the same transaction go into; the transaction's own GTID is theirs. After a crash it is made again. */
  async #createFor(record: TransactionRecord, change: StatementChange): Promise<void> {
    await this.#lane.drained();
    await this.#statements.repeatable({ ...change, sql: madeAgain(change.sql) }, record);
  }

  async #schema(statements: readonly SchemaStatement[]): Promise<void> {
    await this.#lane.drained();
    await this.#statements.schema(statements, { seq: this.#sent.sequence + 1 });
  }

  async #move(reached: Applied): Promise<void> {
    await this.#lane.drained();
    const { order, onApplied } = this.#options;
    const move = moveSql(order, this.#sent.sequence, reached);
    const counts = await this.#target.run([...this.#identity.own(), move].join(";\n"));
    if (counts.at(-1) !== 1) throw lostCheckpoint(order);
    this.#sent = reached;
    onApplied(reached, undefined);
  }

  async #rollBack(): Promise<void> {
    if (this.#open === undefined) return;
    this.#open = undefined;
    await this.#lane.drained();
    await this.#target.run("ROLLBACK");
    await this.#target.beginSession();
  }

  /** While the first copy runs there is no position at which the target equals the source. */
  #advanced(gtid: string): string {
    if (this.#sent.position === "") return "";
    return formatPosition(withGtid(parsePosition(this.#sent.position), gtid));
  }
}

function tableAt(batch: RecordBatch, place: number): RecordBatch["tables"][number] {
  const table = batch.tables[place];
  if (table === undefined) throw new HotsiteError("bad-record", `there is no table ${place} in the batch`);
  return table;
}
