import * as zlib from "node:zlib";
import { Packr } from "msgpackr";
import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { joinBatch, splitBatch } from "./batch-body.ts";
import {
  columnTypes,
  type RecordBatch,
  type Row,
  type StatementChange,
  type StreamRecord,
} from "./record.ts";

/** First byte of a payload. The tag also stands for the shape of what is inside: a new shape takes new tags. */
const formats = { none: 3, gzip: 4, zstd: 5 } as const;

/** Of payloads that need not be small, because they stay on this machine, nothing is compressed. */
export type Compression = keyof typeof formats;

/** Guards against a corrupt payload that would unpack for ever; a row of MariaDB is at most 1 GiB. */
const maxUnpackedBytes = 2 ** 30 + 2 ** 26;
/** After the tag: a checksum of what follows, and the length of the head. */
const prefixBytes = 9;

/** Node 22.15 and newer have it. */
const { zstdCompressSync, zstdDecompressSync } = zlib as {
  zstdCompressSync?: (data: zlib.InputType) => Buffer;
  zstdDecompressSync?: (data: zlib.InputType, options: { maxOutputLength: number }) => Buffer;
};

const packr = new Packr({ useRecords: false, int64AsType: "bigint", moreTypes: false });

/** The payload of a `LogBatch`. Both ends must read it, whatever Node they run on, so zstd is chosen only where the caller asks for it. */
export function encodeBatch(batch: RecordBatch, compression: Compression = "none"): Uint8Array {
  const { head, body } = splitBatch(batch);
  const packed = packr.pack(head);
  const whole = Buffer.allocUnsafe(prefixBytes + packed.length + body.length);
  whole.writeUInt32LE(packed.length, 5);
  whole.set(packed, prefixBytes);
  whole.set(body, prefixBytes + packed.length);
  whole.writeUInt32LE(zlib.crc32(whole.subarray(5)), 1);
  return compressed(whole, compression);
}

/** Reads a payload. Throws `HotsiteError` "bad-record" on anything that `encodeBatch` would not have written. */
export function decodeBatch(payload: Uint8Array): RecordBatch {
  const { head, body } = unpack(payload);
  const shaped = headShape.safeParse(head);
  if (!shaped.success) throw corrupt(z.prettifyError(shaped.error));
  try {
    const batch = joinBatch(shaped.data, body);
    requireDense(batch.records, shaped.data.first);
    return batch;
  } catch (cause) {
    throw isCorrupt(cause) ? cause : corrupt("its rows do not fit", cause);
  }
}

function compressed(whole: Buffer, compression: Compression): Buffer {
  if (compression === "none") {
    whole[0] = formats.none;
    return whole;
  }
  const plain = whole.subarray(1);
  return compression === "zstd" && zstdCompressSync !== undefined
    ? Buffer.concat([Buffer.of(formats.zstd), zstdCompressSync(plain)])
    : Buffer.concat([Buffer.of(formats.gzip), zlib.gzipSync(plain, { level: 1 })]);
}

function unpack(payload: Uint8Array): { head: unknown; body: Buffer } {
  try {
    const plain = decompress(payload);
    if (zlib.crc32(plain.subarray(4)) !== plain.readUInt32LE(0)) throw corrupt("its checksum is wrong");
    const end = prefixBytes - 1 + plain.readUInt32LE(4);
    if (end > plain.length) throw corrupt("it ends too early");
    return { head: packr.unpack(plain.subarray(prefixBytes - 1, end)), body: plain.subarray(end) };
  } catch (cause) {
    throw isCorrupt(cause) ? cause : corrupt("it does not unpack", cause);
  }
}

function decompress(payload: Uint8Array): Buffer {
  const limit = { maxOutputLength: maxUnpackedBytes };
  const rest = Buffer.from(payload.buffer, payload.byteOffset + 1, Math.max(0, payload.length - 1));
  if (payload[0] === formats.none) return rest;
  if (payload[0] === formats.gzip) return zlib.gunzipSync(rest, limit);
  if (payload[0] !== formats.zstd) throw corrupt(`unknown format ${payload[0] ?? "of nothing"}`);
  if (zstdDecompressSync === undefined) throw corrupt("zstd needs Node 22.15 or newer");
  return zstdDecompressSync(rest, limit);
}

function requireDense(records: readonly StreamRecord[], first: number): void {
  for (const [index, { seq }] of records.entries())
    if (seq !== first + index) throw corrupt(`record ${seq} follows ${first + index - 1}`);
}

function isCorrupt(error: unknown): boolean {
  return error instanceof HotsiteError && error.code === "bad-record";
}

function corrupt(problem: string, cause?: unknown): HotsiteError {
  return new HotsiteError("bad-record", `a record of the log cannot be read: ${problem}`, {
    cause,
    hint: "the log is damaged or was written by a newer version; reseed the link",
  });
}

const row = z.custom<Row>((value) => Array.isArray(value) && value.every(isValue), "not a row");
const rows = z.array(row);
const seq = z.int().positive();
const checks = z.strictObject({ foreignKeys: z.boolean(), unique: z.boolean(), constraints: z.boolean() });

const column = z.strictObject({
  name: z.string(),
  type: z.enum(columnTypes),
  nullable: z.boolean(),
  unsigned: z.boolean(),
  charset: z.string().optional(),
});

const table = z.strictObject({
  database: z.string(),
  table: z.string(),
  columns: z.array(column),
  primaryKey: z.array(z.int().nonnegative()),
});

const rowsChange = z.strictObject({
  kind: z.enum(["insert", "update", "delete"]),
  table: z.int().nonnegative(),
  rows,
  after: rows.optional(),
  checks,
  overlap: z.literal(true).optional(),
});

const statementChange = z.strictObject({
  kind: z.literal("statement"),
  sql: z.string(),
  database: z.string(),
  sqlMode: z.union([z.number(), z.bigint()]),
  collationConnection: z.int(),
  collationServer: z.int(),
  timeZone: z.string().optional(),
  timestamp: z.number(),
  checks,
  ifExists: z.boolean().optional(),
  autoIncrement: z.strictObject({ increment: z.int(), offset: z.int() }).optional(),
  dayNames: z.int().optional(),
  invoker: z.strictObject({ user: z.string(), host: z.string() }).optional(),
  explicitTimestamps: z.boolean().optional(),
  collationUtf8mb4: z.int().optional(),
  charsetCollations: z.array(z.int()).optional(),
  variables: z.array(z.strictObject({ name: z.string(), literal: z.string() })).optional(),
  // One that were missing here would be damage to whoever reads a log again.
} satisfies Record<keyof StatementChange, z.ZodType>);

const schemaStatement = z.strictObject({
  sql: z.string(),
  database: z.string(),
  sqlMode: z.string(),
  collationConnection: z.string(),
  timeZone: z.string().optional(),
  drop: z.string().optional(),
});

const tableName = z.strictObject({ database: z.string(), table: z.string() });

const record = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("transaction"),
    seq,
    gtid: z.string().regex(/^(\d+-\d+-\d+|[0-9a-f-]{36}(:[a-z_][a-z0-9_]{0,31})?:\d+)$/),
    commitMs: z.number(),
    part: z.int().positive(),
    last: z.boolean(),
    changes: z.array(z.discriminatedUnion("kind", [rowsChange, statementChange])),
  }),
  z.strictObject({ kind: z.literal("abort"), seq }),
  z.strictObject({
    kind: z.literal("copy-begin"),
    seq,
    databases: z.array(z.string()),
    statements: z.array(schemaStatement),
  }),
  z.strictObject({ kind: z.literal("copy-unit"), seq, tables: z.array(tableName) }),
  z.strictObject({ kind: z.literal("copy-table-done"), seq, database: z.string(), table: z.string() }),
  z.strictObject({ kind: z.literal("copy-end"), seq, statements: z.array(schemaStatement) }),
]);

const copy = z.strictObject({
  units: z.array(z.strictObject({ tables: z.array(tableName), whole: z.boolean() })),
  done: z.int().nonnegative(),
  lastKey: row.optional(),
  rows: z.number(),
  totalRows: z.number(),
});

const prepared = z.array(
  z.strictObject({ xid: z.string(), gtid: z.string(), preparedMs: z.number(), after: z.string() }),
);

const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), "not bytes");
const layout = z.strictObject({
  flavour: z.enum(["mariadb", "mysql"]),
  codes: bytes,
  metadata: bytes,
  traits: z.array(z.strictObject({ unsigned: z.boolean(), binary: z.boolean() })),
});

const headShape = z
  .strictObject({
    position: z.string(),
    tables: z.array(table),
    layouts: z.array(layout.nullable()),
    first: z.int().positive(),
    records: z.array(record),
    copy: copy.optional(),
    prepared: prepared.optional(),
  })
  .check(({ value, issues }) => {
    const problem = inconsistency(value);
    if (problem !== undefined) issues.push({ code: "custom", message: problem, input: problem });
  });

/** What the parts say of each other: places of tables, widths of rows, pairs of images. */
function inconsistency({
  records,
  tables,
}: Pick<z.infer<typeof headShape>, "records" | "tables">): string | undefined {
  const widths = tables.map(({ columns }) => columns.length);
  const fits = (place: number, images: readonly Row[]): boolean => {
    const width = widths[place];
    return width !== undefined && images.every((image) => image.length === width);
  };
  for (const each of records) {
    if (each.kind === "transaction" && !each.changes.every((change) => changeFits(change, fits)))
      return `record ${each.seq}: rows that do not fit`;
  }
  return tables.some(({ columns, primaryKey }) => primaryKey.some((place) => place >= columns.length))
    ? "a primary key without its column"
    : undefined;
}

function changeFits(
  change: z.infer<typeof rowsChange> | z.infer<typeof statementChange>,
  fits: (place: number, images: readonly Row[]) => boolean,
): boolean {
  if (change.kind === "statement") return true;
  const { kind, table: place, rows: images, after = [] } = change;
  return (
    fits(place, images) && fits(place, after) && after.length === (kind === "update" ? images.length : 0)
  );
}

function isValue(value: unknown): boolean {
  return (
    value === null ||
    typeof value === "number" ||
    typeof value === "string" ||
    typeof value === "bigint" ||
    value instanceof Uint8Array
  );
}
