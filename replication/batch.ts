import * as zlib from "node:zlib";
import { Packr } from "msgpackr";
import { z } from "zod";
import { HotsiteError } from "../core/errors.ts";
import { columnTypes, type RecordBatch, type Row } from "./record.ts";

/** First byte of a payload. The tag also stands for the shape of what is inside: a new shape takes new tags. */
const formats = { gzip: 1, zstd: 2 } as const;

/** Guards against a corrupt payload that would unpack for ever; a row of MariaDB is at most 1 GiB. */
const maxUnpackedBytes = 2 ** 30 + 2 ** 26;

/** Node 22.15 and newer have it. */
const { zstdCompressSync, zstdDecompressSync } = zlib as {
  zstdCompressSync?: (data: zlib.InputType) => Buffer;
  zstdDecompressSync?: (data: zlib.InputType, options: { maxOutputLength: number }) => Buffer;
};

const packr = new Packr({ useRecords: false, int64AsType: "bigint", moreTypes: false });

/** The payload of a `LogBatch`. Both ends must read it, whatever Node they run on, so zstd is chosen only where the caller asks for it. */
export function encodeBatch(batch: RecordBatch, compression: keyof typeof formats = "gzip"): Uint8Array {
  const packed = packr.pack(batch);
  const compressed =
    compression === "zstd" && zstdCompressSync !== undefined
      ? { format: formats.zstd, data: zstdCompressSync(packed) }
      : { format: formats.gzip, data: zlib.gzipSync(packed, { level: 1 }) };
  return Buffer.concat([Buffer.of(compressed.format), compressed.data]);
}

/** Reads a payload. Throws `HotsiteError` "bad-record" on anything that `encodeBatch` would not have written. */
export function decodeBatch(payload: Uint8Array): RecordBatch {
  const batch = batchShape.safeParse(unpack(payload));
  if (!batch.success) throw corrupt(z.prettifyError(batch.error));
  return batch.data;
}

function unpack(payload: Uint8Array): unknown {
  try {
    return packr.unpack(decompress(payload));
  } catch (cause) {
    throw cause instanceof HotsiteError ? cause : corrupt("it does not unpack", cause);
  }
}

function decompress(payload: Uint8Array): Buffer {
  const limit = { maxOutputLength: maxUnpackedBytes };
  if (payload[0] === formats.gzip) return zlib.gunzipSync(payload.subarray(1), limit);
  if (payload[0] !== formats.zstd) throw corrupt(`unknown format ${payload[0] ?? "of nothing"}`);
  if (zstdDecompressSync === undefined) throw corrupt("zstd needs Node 22.15 or newer");
  return zstdDecompressSync(payload.subarray(1), limit);
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
  invoker: z.strictObject({ user: z.string(), host: z.string() }).optional(),
});

const schemaStatement = z.strictObject({
  sql: z.string(),
  database: z.string(),
  sqlMode: z.string(),
  collationConnection: z.string(),
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
  z.strictObject({ kind: z.literal("copy-chunk"), seq, table: z.int().nonnegative(), rows }),
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

const batchShape = z
  .strictObject({
    position: z.string(),
    tables: z.array(table),
    records: z.array(record),
    copy: copy.optional(),
  })
  .check(({ value, issues }) => {
    const problem = inconsistency(value);
    if (problem !== undefined) issues.push({ code: "custom", message: problem, input: problem });
  });

/** What the parts say of each other: places of tables, widths of rows, pairs of images, dense numbers. */
function inconsistency({ records, tables }: z.infer<typeof batchShape>): string | undefined {
  const widths = tables.map(({ columns }) => columns.length);
  const fits = (place: number, images: readonly Row[]): boolean => {
    const width = widths[place];
    return width !== undefined && images.every((image) => image.length === width);
  };
  const first = records[0]?.seq ?? 1;
  for (const [index, each] of records.entries()) {
    if (each.seq !== first + index) return `record ${each.seq} follows ${first + index - 1}`;
    if (each.kind === "copy-chunk" && !fits(each.table, each.rows))
      return `record ${each.seq}: rows that do not fit`;
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
