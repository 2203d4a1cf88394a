import { HotsiteError } from "../../core/errors.ts";
import type { DomainPosition } from "../../core/position.ts";
import type { StatementChange, TableSchema } from "../record.ts";
import { eventTypes, parseRotate, type BinlogEvent } from "./event.ts";
import type { FilePlace } from "./place.ts";
import { readGtid, type GtidEvent } from "./gtid.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";
import { readQuery, statementOf, type QueryEvent } from "./query.ts";
import { isRowsEvent, readRows, tableIdOf, type RowsOfTable } from "./rows.ts";
import { statementKind } from "./statement-kind.ts";
import { readTable, readTableName, type Charsets, type MappedTable, type TableName } from "./table-map.ts";

/** A change with its table at hand. */
export type SourceChange = SourceRows | StatementChange;

export interface SourceRows extends RowsOfTable {
  readonly table: TableSchema;
  /** See `RowsChange`. */
  readonly overlap?: true;
}

/** A transaction of the source's own domain, or a part of a large one. One that touches nothing replicated has no changes. */
export interface Piece {
  readonly gtid: string;
  readonly commitMs: number;
  readonly part: number;
  readonly last: boolean;
  readonly changes: readonly SourceChange[];
  /** About what it takes in memory. */
  readonly bytes: number;
}

export interface AssemblerOptions {
  readonly databases: readonly string[];
  /** The source's own GTID domain; transactions of others came by replication. */
  readonly domain: number;
  readonly charsets: Charsets;
  /** Size from which a transaction is given in parts. */
  readonly partBytes: number;
}

/** The schema of Hotsite itself is local to each server, but for these. */
const ownSchema = "hotsite";
const ownTables = new Set(["heartbeat", "ledger"]);

/** What is open between a GTID event and the end of its transaction. */
interface Group extends GtidEvent {
  readonly own: boolean;
  readonly commitMs: number;
  part: number;
  changes: SourceChange[];
  bytes: number;
  statement: boolean;
}

/** Puts events together to transactions. Whatever is not understood throws, with the place in the source's binlog. */
export class TransactionAssembler {
  /** After the last whole transaction, of any domain. */
  readonly position: Map<number, DomainPosition>;
  /** Ends of the last whole transaction and of the last event; undefined before the first. */
  committed: FilePlace | undefined;
  reached: FilePlace | undefined;
  readonly #options: AssemblerOptions;
  readonly #databases: ReadonlySet<string>;
  readonly #tables = new Map<number, { readonly body: Buffer; readonly mapped: MappedTable | undefined }>();
  #file = "";
  #group: Group | undefined;

  constructor(options: AssemblerOptions, position: Iterable<readonly [number, DomainPosition]>) {
    this.#options = options;
    this.#databases = new Set(options.databases);
    this.position = new Map(position);
  }

  /** In the middle of a transaction. */
  get open(): boolean {
    return this.#group !== undefined;
  }

  /** What the event completes: a transaction of the own domain, or a part of it. */
  push(event: BinlogEvent): Piece | undefined {
    const before = this.#group;
    try {
      const piece = this.#handle(event);
      this.#advance(event);
      if (before !== undefined && this.#group === undefined) this.committed = this.reached;
      return piece;
    } catch (error) {
      throw this.#located(error, event);
    }
  }

  /** An event tells where it ends in 32 bits only; in a file, places only grow. */
  #advance({ type, end }: BinlogEvent): void {
    if (end === 0 || type === eventTypes.rotate) return;
    const before = this.reached?.file === this.#file ? this.reached.offset : 0;
    const offset = before - (before % 2 ** 32) + end;
    this.reached = { file: this.#file, offset: offset < before ? offset + 2 ** 32 : offset };
  }

  #handle(event: BinlogEvent): Piece | undefined {
    const { type } = event;
    if (type === eventTypes.gtid) return this.#begin(event);
    if (type === eventTypes.tableMap) return this.#map(event);
    if (isRowsEvent(type)) return this.#rows(event);
    if (type === eventTypes.xid || type === eventTypes.xaPrepare) return this.#end();
    if (type === eventTypes.query || type === eventTypes.queryCompressed)
      return this.#query(readQuery(event));
    if (type === eventTypes.rotate) return this.#rotate(event);
    if (passed.has(type) || this.#group?.own === false) return undefined;
    throw unsupported(`an event of type ${type}`, statementHint);
  }

  #begin(event: BinlogEvent): Piece | undefined {
    if (this.#group !== undefined) throw badEvent("a transaction began before the one before it had ended");
    const gtid = readGtid(event);
    const own = gtid.domain === this.#options.domain;
    if (own && gtid.xa) throw unsupported("an XA transaction", "use plain transactions on this database");
    if (own && gtid.twoPhaseAlter)
      throw unsupported("an ALTER TABLE in two parts", "SET GLOBAL binlog_alter_two_phase = OFF");
    const commitMs = event.timestamp * 1000;
    this.#group = { ...gtid, own, commitMs, part: 1, changes: [], bytes: 0, statement: false };
    return undefined;
  }

  #map({ body }: BinlogEvent): Piece | undefined {
    const reader = new Reader(body);
    const name = readTableName(reader);
    if (this.#group?.own === true && this.#tables.get(name.id)?.body.equals(body) !== true) {
      const mapped = this.#carries(name) ? readTable(name, reader, this.#options.charsets) : undefined;
      this.#tables.set(name.id, { body: Buffer.from(body), mapped });
    }
    return undefined;
  }

  #carries({ database, table }: TableName): boolean {
    return database === ownSchema ? ownTables.has(table) : this.#databases.has(database);
  }

  #rows(event: BinlogEvent): Piece | undefined {
    const group = this.#group;
    if (group?.own !== true) return undefined;
    const table = this.#tables.get(tableIdOf(event));
    if (table === undefined) throw badEvent("rows of a table that was not described");
    if (table.mapped === undefined) return undefined;
    if (group.statement)
      throw unsupported("a CREATE TABLE … SELECT", "create the table first, then insert into it");
    const { schema } = table.mapped;
    addRows(group.changes, { ...readRows(event, table.mapped), table: schema });
    group.bytes += event.body.length;
    return group.bytes < this.#options.partBytes ? undefined : takePart(group, false);
  }

  #query(query: QueryEvent): Piece | undefined {
    const group = this.#group;
    if (group === undefined) return undefined;
    const word = query.text.subarray(0, 64).toString("latin1").trim().toUpperCase();
    if (!group.standalone && (word === "COMMIT" || word === "ROLLBACK")) return this.#ended(word);
    if (group.own) this.#statement(query, group);
    return group.standalone ? this.#end() : undefined;
  }

  #ended(word: string): Piece | undefined {
    if (word === "ROLLBACK" && (this.#group?.changes.length ?? 0) > 0)
      throw unsupported("a transaction that was rolled back in part", "keep to InnoDB tables");
    return this.#end();
  }

  #statement(query: QueryEvent, group: Group): void {
    const statement = statementOf(query, this.#options.charsets);
    if (statementKind(statement, this.#databases) === "pass") return;
    group.statement = true;
    group.changes.push(statement);
    group.bytes += statement.sql.length;
  }

  #end(): Piece | undefined {
    const group = this.#group;
    if (group === undefined) throw badEvent("the end of a transaction that had not begun");
    this.#group = undefined;
    this.position.set(group.domain, { server: group.server, sequence: group.sequence });
    return group.own ? takePart(group, true) : undefined;
  }

  /** Numbers of tables mean nothing across files. */
  #rotate({ body }: BinlogEvent): Piece | undefined {
    const { file, position } = parseRotate(body);
    if (file !== this.#file) this.#tables.clear();
    this.#file = file;
    if (this.reached?.file !== file) this.reached = { file, offset: position };
    return undefined;
  }

  #located(error: unknown, event: BinlogEvent): unknown {
    if (!(error instanceof HotsiteError)) return error;
    const gtid = this.#group === undefined ? undefined : gtidText(this.#group);
    const place = `${this.#file} before ${event.end || this.reached?.offset || "its start"}`;
    return new HotsiteError(error.code, `at ${gtid ?? "no transaction"} (${place}): ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
      details: { gtid, file: this.#file, end: event.end },
    });
  }
}

const statementHint =
  "statement-based changes are not carried: SET GLOBAL binlog_format = ROW, then make a new first copy";

const passed: ReadonlySet<number> = new Set([
  ...[eventTypes.stop, eventTypes.formatDescription, eventTypes.heartbeat, eventTypes.annotateRows],
  ...[eventTypes.binlogCheckpoint, eventTypes.gtidList, eventTypes.startEncryption],
]);

/** Neighbours of one kind become one change: they stay in order. */
function addRows(changes: SourceChange[], next: SourceRows): void {
  const before = changes.at(-1);
  if (before === undefined || before.kind === "statement" || !alike(before, next)) {
    changes.push(next);
    return;
  }
  // One by one: an argument list has a limit that the rows of one event exceed.
  for (const row of next.rows) before.rows.push(row);
  for (const row of next.after ?? []) before.after?.push(row);
}

function alike(a: SourceRows, b: SourceRows): boolean {
  return (
    a.kind === b.kind &&
    a.table === b.table &&
    a.checks.foreignKeys === b.checks.foreignKeys &&
    a.checks.unique === b.checks.unique &&
    a.checks.constraints === b.checks.constraints
  );
}

function takePart(group: Group, last: boolean): Piece {
  const { commitMs, part, changes, bytes } = group;
  [group.part, group.changes, group.bytes] = [part + 1, [], 0];
  return { gtid: gtidText(group), commitMs, part, last, changes, bytes };
}

function gtidText({ domain, server, sequence }: GtidEvent): string {
  return `${domain}-${server}-${sequence}`;
}
