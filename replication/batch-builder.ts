import type { SourceChange } from "./binlog/open-rows.ts";
import type { Piece } from "./binlog/transactions.ts";
import type {
  Change,
  CopyProgress,
  PreparedTransaction,
  RecordBatch,
  StreamRecord,
  TableSchema,
} from "./record.ts";

/** Above either, a batch goes to the log. */
const maxBytes = 2 ** 20;
const maxRecords = 1000;

/** A record whose number is not given yet. */
export type NewRecord = StreamRecord extends infer R
  ? R extends StreamRecord
    ? Omit<R, "seq">
    : never
  : never;

/** Collects records for the next batch and numbers them. */
export class BatchBuilder {
  #next: number;
  #records: StreamRecord[] = [];
  #tables = new Map<TableSchema, number>();
  #bytes = 0;
  readonly #nameAtTarget: (database: string) => string;

  /** `next`: number of the next record. `nameAtTarget`: the target's name of a database, which the records give. */
  constructor(next: number, nameAtTarget: (database: string) => string = (database) => database) {
    this.#next = next;
    this.#nameAtTarget = nameAtTarget;
  }

  get empty(): boolean {
    return this.#records.length === 0;
  }

  get full(): boolean {
    return this.#bytes >= maxBytes || this.#records.length >= maxRecords;
  }

  add(record: NewRecord, bytes = 0): void {
    this.#records.push({ ...this.#named(record), seq: this.#next });
    this.#next += 1;
    this.#bytes += bytes;
  }

  /** `changes`: those of the piece that are carried. */
  addPiece(piece: Piece, changes: readonly SourceChange[] = piece.changes): void {
    const { gtid, commitMs, part, last, bytes } = piece;
    const numbered = changes.map((change) => this.#numbered(change));
    this.add({ kind: "transaction", gtid, commitMs, part, last, changes: numbered }, bytes);
  }

  /** The place of a table in the batch. */
  table(schema: TableSchema): number {
    const known = this.#tables.get(schema);
    if (known !== undefined) return known;
    this.#tables.set(schema, this.#tables.size);
    return this.#tables.size - 1;
  }

  /** What was added since the last time. */
  take(
    position: string,
    copy: CopyProgress | undefined,
    prepared: readonly PreparedTransaction[] = [],
  ): RecordBatch {
    const batch = {
      position,
      tables: [...this.#tables.keys()].map((table) => this.#renamed(table)),
      records: this.#records,
      ...(prepared.length > 0 && { prepared }),
    };
    this.#records = [];
    this.#tables = new Map();
    this.#bytes = 0;
    return copy === undefined ? batch : { ...batch, copy };
  }

  #named(record: NewRecord): NewRecord {
    if (record.kind === "copy-begin")
      return { ...record, databases: record.databases.map((name) => this.#nameAtTarget(name)) };
    if (record.kind === "copy-unit")
      return { ...record, tables: record.tables.map((table) => this.#renamed(table)) };
    return record.kind === "copy-table-done" ? this.#renamed(record) : record;
  }

  #renamed<T extends { readonly database: string }>(named: T): T {
    return { ...named, database: this.#nameAtTarget(named.database) };
  }

  #numbered(change: SourceChange): Change {
    return change.kind === "statement" ? change : { ...change, table: this.table(change.table) };
  }
}
