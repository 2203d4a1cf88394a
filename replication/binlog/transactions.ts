import { HotsiteError } from "../../core/errors.ts";
import { isOfOrigin, type GtidPosition, type Origin } from "../../core/position.ts";
import { versionOf, type Flavour, type ServerVersion } from "../flavour.ts";
import type { StatementChange } from "../record.ts";
import { CascadedDeletes } from "./cascaded.ts";
import { EventParser, eventTypes, parseRotate, parseWriter, type BinlogEvent } from "./event.ts";
import { EventError, type FilePlace } from "./place.ts";
import { gtidReader, type GtidEvent } from "./gtid.ts";
import { GrowingPosition } from "./growing-position.ts";
import { addRows, closed, type OpenRows, type SourceChange } from "./open-rows.ts";
import type { PackedTable } from "./packed-rows.ts";
import { payloadEvents } from "./payload.ts";
import { badEvent, Reader, unsupported } from "./reader.ts";
import { isBegin, readQuery, statementOf, type QueryEvent } from "./query.ts";
import { CutTable } from "../selection/cut-rows.ts";
import { wholeDatabases, type Selection } from "../selection/selection.ts";
import { selectedStatement } from "../selection/statement.ts";
import { endsStatement, isRowsEvent, readRows, tableIdOf } from "./rows.ts";
import { statementKind } from "./statement-kind.ts";
import { readTable, readTableName, type Charsets, type TableName } from "./table-map.ts";
import { stranger, Strangers } from "./strangers.ts";
import { readUserVariable } from "./user-variable.ts";
import { readDecision, readXaPrepare, type XaStep } from "./xa.ts";

/** What a TABLE_MAP said. */
interface MappedTable {
  readonly body: Buffer;
  /** Undefined of a table that is not carried. */
  readonly mapped: PackedTable | undefined;
  /** Of a table of which columns stay behind. */
  readonly cut: CutTable | undefined;
}

/** A transaction of the source's own origin, or a part of a large one. One that touches nothing replicated has no changes. */
export interface Piece {
  readonly gtid: string;
  readonly commitMs: number;
  readonly part: number;
  readonly last: boolean;
  readonly changes: readonly SourceChange[];
  /** About what it takes in memory. */
  readonly bytes: number;
  /** Of a transaction in two phases: its rows are not committed before the decision, which is a piece without rows. */
  readonly xa?: XaStep;
}

export interface AssemblerOptions {
  readonly flavour: Flavour;
  readonly databases: readonly string[];
  /** What of the databases travels; without it all. */
  readonly selection?: Selection;
  /** The source's own; transactions of others came by replication. */
  readonly origins: readonly Origin[];
  /** Whether others may have written what is carried; otherwise it is refused. */
  readonly strangers?: "passed";
  readonly charsets: Charsets;
  /** Size from which a transaction is given in parts. */
  readonly partBytes: number;
  /** GTID of a transaction that is left out: it comes without changes, and nothing of it is looked at. */
  readonly skip?: string;
}

/** The schema of Hotsite itself is local to each server, but for these. */
const ownSchema = "hotsite";
const ownTables = new Set(["heartbeat", "ledger"]);

const none: readonly Piece[] = [];
/** Of events inside of others. */
const packed = new EventParser(false);

/** What is open between a GTID event and the end of its transaction. */
interface Group {
  readonly gtid: GtidEvent;
  readonly own: boolean;
  /** To be left out. */
  readonly skipped: boolean;
  standalone: boolean | undefined;
  /** It began as one that may be prepared. */
  twoPhase: boolean;
  part: number;
  changes: (OpenRows | StatementChange)[];
  /** Events of those that the next statement reads. */
  variables: Buffer[];
  bytes: number;
}

/** Puts events together to transactions. Whatever is not understood throws, with the place in the source's binlog. */
export class TransactionAssembler {
  /** Ends of the last whole transaction and of the last event; undefined before the first. */
  committed: FilePlace | undefined;
  reached: FilePlace | undefined;
  readonly #options: AssemblerOptions;
  readonly #databases: ReadonlySet<string>;
  readonly #selection: Selection;
  readonly #tables = new Map<number, MappedTable>();
  readonly #cascaded = new CascadedDeletes();
  /** Undefined when others are passed over. */
  readonly #strangers: Strangers | undefined;
  #file = "";
  /** Of the present file, which may be older than the server. */
  #writer: ServerVersion | undefined;
  #group: Group | undefined;
  readonly #position: GrowingPosition;
  /** The newest transaction when it is in two phases, and was not settled. */
  #unsettled: GtidEvent | undefined;

  constructor(options: AssemblerOptions, position: GtidPosition) {
    this.#options = options;
    this.#databases = new Set(options.databases);
    this.#selection = options.selection ?? wholeDatabases(options.databases);
    this.#strangers = options.strangers === "passed" ? undefined : new Strangers(this.#selection);
    this.#position = new GrowingPosition(position);
  }

  /** After the last whole transaction, of any origin. */
  get position(): GtidPosition {
    return this.#position.whole;
  }

  /** The last piece of a transaction in two phases was dealt with: the position may include it. Without it, the next transaction says so. */
  settle(): void {
    if (this.#unsettled === undefined) return;
    this.#position.add(this.#unsettled);
    this.#unsettled = undefined;
  }

  /** In the middle of a transaction. */
  get open(): boolean {
    return this.#group !== undefined;
  }

  /** What the event completes: transactions of the own origin, or parts of one. A compressed transaction is unpacked as its parts are taken. */
  push(event: BinlogEvent): Iterable<Piece> {
    if (event.type === eventTypes.transactionPayload) return this.#unpack(event);
    const piece = this.#take(event, event);
    return piece === undefined ? none : [piece];
  }

  *#unpack(event: BinlogEvent): Generator<Piece> {
    const inside = payloadEvents(event, (packet) => packed.parse(packet));
    // Nothing of it is looked at.
    const passes = this.#group?.own === false && this.#strange(this.#group) === undefined;
    const events = passes ? [{ ...event, type: eventTypes.xid }] : inside;
    for (const next of this.#located(event, events)) {
      const piece = this.#take(next, event);
      if (piece !== undefined) yield piece;
    }
    this.#advance(event);
    if (this.#group === undefined) this.committed = this.reached;
  }

  /** `place`: the event in the file, which says where it is. */
  #take(event: BinlogEvent, place: BinlogEvent): Piece | undefined {
    const before = this.#group;
    try {
      const piece = this.#handle(event);
      this.#advance(event);
      if (before !== undefined && this.#group === undefined) this.committed = this.reached;
      return piece;
    } catch (error) {
      throw this.#withPlace(error, place);
    }
  }

  *#located(place: BinlogEvent, events: Iterable<BinlogEvent>): Generator<BinlogEvent> {
    try {
      yield* events;
    } catch (error) {
      throw this.#withPlace(error, place);
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
    const readGtid = gtidReader(type);
    if (readGtid !== undefined) return this.#begin(readGtid(event));
    if (type === eventTypes.tableMap) return this.#map(event);
    if (isRowsEvent(type)) return this.#rows(event);
    if (type === eventTypes.xid) return this.#end();
    if (type === eventTypes.xaPrepare) return this.#endXa(event);
    if (type === eventTypes.query || type === eventTypes.queryCompressed) return this.#query(event);
    if (type === eventTypes.userVariable) return this.#variable(event);
    if (type === eventTypes.rotate) return this.#rotate(event);
    if (type === eventTypes.formatDescription) this.#writer = versionOf(parseWriter(event.body));
    if (passed.has(type) || this.#group?.own === false) return undefined;
    throw type === eventTypes.partialUpdateRows
      ? unsupported(
          "an update of a part of a JSON document",
          "SET GLOBAL binlog_row_value_options = '', then make a new first copy",
        )
      : unsupported(`an event of type ${type}`, statementHint);
  }

  #begin(gtid: GtidEvent): Piece | undefined {
    if (this.#group !== undefined) throw badEvent("a transaction began before the one before it had ended");
    const ours = this.#options.origins.some((origin) => isOfOrigin(gtid.origin, origin));
    const skipped = gtid.gtid === this.#options.skip;
    const own = ours && !skipped;
    this.#strangers?.begin();
    const { standalone } = gtid;
    const twoPhase = gtid.xa && standalone === false;
    this.settle();
    const content = { part: 1, changes: [], variables: [], bytes: 0 };
    this.#group = { gtid, own, skipped, standalone, twoPhase, ...content };
    return undefined;
  }

  /** Undefined where nothing of the transaction is looked at. */
  #strange(group: Group | undefined): Strangers | undefined {
    return group === undefined || group.own || group.skipped ? undefined : this.#strangers;
  }

  #map(event: BinlogEvent): Piece | undefined {
    const { body } = event;
    this.#strange(this.#group)?.map(event);
    const known = this.#group?.own !== true || this.#tables.get(tableIdOf(event))?.body.equals(body) === true;
    if (known) return undefined;
    const reader = new Reader(body);
    const name = readTableName(reader);
    const mapped = this.#carries(name)
      ? readTable(name, reader, { ...this.#options, writer: this.#writer })
      : undefined;
    const cut = mapped && name.database !== ownSchema ? this.#cut(mapped) : undefined;
    this.#tables.set(name.id, { body: Buffer.from(body), mapped, cut });
    return undefined;
  }

  #carries({ database, table }: TableName): boolean {
    return database === ownSchema ? ownTables.has(table) : this.#selection.hasTable({ database, table });
  }

  #cut(table: PackedTable): CutTable | undefined {
    const selection = this.#selection;
    if (!selection.hidesColumns) return undefined;
    return CutTable.of(table, (column) => selection.hidesColumn(table.schema, column));
  }

  #rows(event: BinlogEvent): Piece | undefined {
    const group = this.#group;
    if (group !== undefined) this.#strange(group)?.rows(event, group.gtid);
    if (group?.own !== true) return undefined;
    const table = this.#tables.get(tableIdOf(event));
    if (table === undefined) throw badEvent("rows of a table that was not described");
    const rows = table.mapped && this.#cascaded.left(table.mapped, readRows(event, table.mapped));
    if (endsStatement(event)) this.#cascaded.forget();
    if (table.mapped === undefined || rows === undefined) return undefined;
    if (group.standalone === true) throw badEvent("rows behind a statement that stands alone");
    if (table.cut === undefined) addRows(group.changes, table.mapped, rows);
    else addRows(group.changes, table.cut.cut, { ...rows, bytes: table.cut.rows(rows.kind, rows.bytes) });
    group.bytes += event.body.length;
    if (group.bytes < this.#options.partBytes) return undefined;
    return takePart(group, false, group.twoPhase ? { kind: "rows" } : undefined);
  }

  #query(event: BinlogEvent): Piece | undefined {
    const group = this.#group;
    if (group === undefined) return undefined;
    if (group.standalone === undefined && isBegin(event)) {
      group.standalone = false;
      return undefined;
    }
    const query = readQuery(event);
    const word = query.text.subarray(0, 64).toString("latin1").trim().toUpperCase();
    if (group.standalone === undefined && opens(word, group)) return undefined;
    if (!group.standalone && (word === "COMMIT" || word === "ROLLBACK")) return this.#ended(word);
    if (!group.standalone && word.startsWith("XA END")) return undefined;
    const decision = word.startsWith("XA ") ? readDecision(query.text.toString("latin1")) : undefined;
    if (decision !== undefined) return this.#end(decision);
    if (group.own || this.#strange(group) !== undefined) this.#statement(query, group);
    return group.standalone ? this.#end() : undefined;
  }

  /** In one phase it is a transaction like any other, unless parts of it were given before that was known. */
  #endXa({ body }: BinlogEvent): Piece | undefined {
    const step = readXaPrepare(body);
    return this.#end(step.kind === "one-phase" && this.#group?.part === 1 ? undefined : step);
  }

  #ended(word: string): Piece | undefined {
    const { part = 1, changes = [] } = this.#group ?? {};
    // A statement commits by itself: the DROP TABLE of a CREATE OR REPLACE that failed.
    if (word === "ROLLBACK" && (part > 1 || changes.some(({ kind }) => kind !== "statement")))
      throw unsupported("a transaction that was rolled back in part", "keep to InnoDB tables");
    return this.#end();
  }

  #variable({ body }: BinlogEvent): Piece | undefined {
    const group = this.#group;
    if (group?.own === true) group.variables.push(Buffer.from(body));
    return undefined;
  }

  #statement(query: QueryEvent, group: Group): void {
    if (group.gtid.alterWaits) return;
    const { variables } = group;
    group.variables = [];
    const whole = statementOf(query, this.#options);
    if (statementKind(whole, this.#databases) === "pass") return;
    if (!group.own) throw stranger("changes of the schema", group.gtid);
    const statement = selectedStatement(whole, this.#selection);
    if (statement === undefined) return;
    // What a table is made from is written behind it: nothing can be in front.
    if (group.part > 1 || group.changes.length > 0)
      throw unsupported("a statement behind rows", "end the transaction before it");
    const told = variables.map((body) => readUserVariable(body, this.#options.charsets));
    group.changes.push(told.length === 0 ? statement : { ...statement, variables: told });
    group.bytes += statement.sql.length;
  }

  #end(step?: XaStep): Piece | undefined {
    const group = this.#group;
    if (group === undefined) throw badEvent("the end of a transaction that had not begun");
    this.#group = undefined;
    const xa = group.own ? step : undefined;
    if (xa === undefined) this.#position.add(group.gtid);
    else this.#unsettled = group.gtid;
    return group.own || group.skipped ? takePart(group, true, xa) : undefined;
  }

  /** Numbers of tables mean nothing across files. */
  #rotate({ body }: BinlogEvent): Piece | undefined {
    const { file, position } = parseRotate(body);
    if (file !== this.#file) this.#tables.clear();
    this.#file = file;
    if (this.reached?.file !== file) this.reached = { file, offset: position };
    return undefined;
  }

  #withPlace(error: unknown, event: BinlogEvent): unknown {
    if (!(error instanceof HotsiteError)) return error;
    const gtid = this.#group?.gtid.gtid;
    const place = `${this.#file} before ${event.end || this.reached?.offset || "its start"}`;
    return new EventError(error.code, `at ${gtid ?? "no transaction"} (${place}): ${error.message}`, {
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
  ...[eventTypes.ignorable, eventTypes.rowsQuery, eventTypes.previousGtids, eventTypes.heartbeatV2],
  ...[eventTypes.transactionContext, eventTypes.viewChange],
  // What a statement behind it does is told by itself.
  eventTypes.rand,
]);

/** MySQL says it by the first statement: whether others follow it. */
function opens(word: string, group: Group): boolean {
  group.twoPhase = word.startsWith("XA START");
  group.standalone = word !== "BEGIN" && !group.twoPhase;
  return !group.standalone;
}

function takePart(group: Group, last: boolean, xa?: XaStep): Piece {
  const { part, changes, bytes } = group;
  const { gtid, commitMs } = group.gtid;
  group.part += 1;
  group.changes = [];
  group.bytes = 0;
  const piece = { gtid, commitMs, part, last, changes: changes.map(closed), bytes };
  return xa === undefined ? piece : { ...piece, xa };
}
