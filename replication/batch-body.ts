import { listsOf, packedRows, PackedTable, type PackedLayout } from "./binlog/packed-rows.ts";
import { badEvent, Reader } from "./binlog/reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type {
  Change,
  CopyChunkRecord,
  RecordBatch,
  RowsChange,
  StreamRecord,
  TableSchema,
  TransactionRecord,
} from "./record.ts";
import { TextRows } from "./text-rows.ts";

/**
 * Transactions of packed rows, which are nearly all, and copied rows stand behind the rest of a batch in a form of their own: their bytes are
 * copied as they are. Everything else is in the head, in a form that says of itself what it is.
 */
export interface BatchHead extends RecordBatch {
  /** The records that are not behind the head, in order. */
  readonly records: readonly StreamRecord[];
  /** Of the tables of packed rows, in step with `tables`; null for others. */
  readonly layouts: readonly (PackedLayout | null)[];
  /** Number of the first record. */
  readonly first: number;
}

const kinds = ["insert", "update", "delete"] as const;
const flags = { foreignKeys: 4, unique: 8, constraints: 16, overlap: 32 };
const tags = { inHead: 0, transaction: 1, lastPart: 2, copyChunk: 3 };

/** One for all batches, as many large buffers would be collected again and again. */
const room = new ByteWriter();

/** Takes a batch apart into its head and what stands behind it, which stays as it is until the next one is taken apart. */
export function splitBatch(batch: RecordBatch): { readonly head: BatchHead; readonly body: Buffer } {
  const first = batch.records[0]?.seq ?? 1;
  const layouts = batch.tables.map((): PackedLayout | null => null);
  const records: StreamRecord[] = [];
  const body = room;
  body.clear();
  for (const [index, record] of batch.records.entries()) {
    if (record.kind === "transaction" && record.seq === first + index && record.changes.every(isPacked))
      writeTransaction(body, record, layouts);
    else if (record.kind === "copy-chunk" && record.seq === first + index) writeChunk(body, record);
    else {
      body.byte(tags.inHead);
      records.push(record);
    }
  }
  return { head: { ...batch, records, layouts, first }, body: body.finish() };
}

/** Puts it together again. Throws "bad-event" when the body is cut off or refers to what is not there. */
export function joinBatch({ layouts, first, ...batch }: BatchHead, body: Buffer): RecordBatch {
  const tables = layouts.map((layout, place) => {
    const schema = batch.tables[place];
    return layout === null || schema === undefined ? undefined : new PackedTable(schema, layout);
  });
  const inHead = batch.records.values();
  const reader = new Reader(body);
  const records: StreamRecord[] = [];
  while (reader.left > 0) {
    const tag = reader.uint(1);
    const seq = first + records.length;
    if (tag === tags.inHead) records.push(nextOf(inHead));
    else if (tag === tags.copyChunk) records.push(readChunk(reader, seq, batch.tables));
    else records.push(readTransaction(reader, seq, tag, tables));
  }
  if (inHead.next().done !== true) throw badBody();
  return { ...batch, records };
}

function nextOf(records: Iterator<StreamRecord>): StreamRecord {
  const next = records.next();
  if (next.done === true) throw badBody();
  return next.value;
}

function isPacked(change: Change): boolean {
  return change.kind !== "statement" && packedRows(change) !== undefined;
}

function writeTransaction(
  body: ByteWriter,
  { gtid, commitMs, part, last, changes }: TransactionRecord,
  layouts: (PackedLayout | null)[],
): void {
  body.byte(last ? tags.lastPart : tags.transaction);
  body.text(gtid);
  body.double(commitMs);
  body.count(part);
  body.count(changes.length);
  for (const change of changes) {
    if (change.kind === "statement") continue;
    const packed = packedRows(change);
    if (packed === undefined) continue;
    layouts[change.table] = packed.table.layout;
    body.byte(flagsOf(change));
    body.count(change.table);
    body.bytes(packed.chunks);
  }
}

function writeChunk(body: ByteWriter, { table, rows }: CopyChunkRecord): void {
  body.byte(tags.copyChunk);
  body.count(table);
  body.count(rows.count);
  body.bytes([rows.bytes]);
}

function readChunk(reader: Reader, seq: number, tables: readonly TableSchema[]): CopyChunkRecord {
  const table = readCount(reader);
  const count = readCount(reader);
  const schema = tables[table];
  if (schema === undefined) throw badBody();
  const rows = new TextRows(reader.take(readCount(reader)), count);
  rows.requireWidth(schema.columns.length);
  return { kind: "copy-chunk", seq, table, rows };
}

function readTransaction(
  reader: Reader,
  seq: number,
  tag: number,
  tables: readonly (PackedTable | undefined)[],
): TransactionRecord {
  if (tag !== tags.lastPart && tag !== tags.transaction) throw badBody();
  const gtid = reader.take(readCount(reader)).toString("latin1");
  const commitMs = reader.double();
  const part = readCount(reader);
  const changes: Change[] = [];
  for (let left = readCount(reader); left > 0; left -= 1) changes.push(readChange(reader, tables));
  return { kind: "transaction", seq, gtid, commitMs, part, last: tag === tags.lastPart, changes };
}

function readChange(reader: Reader, tables: readonly (PackedTable | undefined)[]): RowsChange {
  const bits = reader.uint(1);
  const place = readCount(reader);
  const bytes = reader.take(readCount(reader));
  const [kind, table] = [kinds[bits & 3], tables[place]];
  if (kind === undefined || table === undefined) throw badBody();
  const checks = {
    foreignKeys: (bits & flags.foreignKeys) !== 0,
    unique: (bits & flags.unique) !== 0,
    constraints: (bits & flags.constraints) !== 0,
  };
  const overlap = (bits & flags.overlap) === 0 ? {} : { overlap: true as const };
  return { kind, table: place, ...listsOf(kind, { table, chunks: [bytes] }), checks, ...overlap };
}

function flagsOf({ kind, checks, overlap }: RowsChange): number {
  return (
    kinds.indexOf(kind) |
    (checks.foreignKeys ? flags.foreignKeys : 0) |
    (checks.unique ? flags.unique : 0) |
    (checks.constraints ? flags.constraints : 0) |
    (overlap === true ? flags.overlap : 0)
  );
}

function readCount(reader: Reader): number {
  let [value, scale] = [0, 1];
  for (;;) {
    const byte = reader.uint(1);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
    if (scale > 2 ** 49) throw badBody();
  }
}

function badBody(): Error {
  return badEvent("transactions that do not fit the rest of their batch");
}
