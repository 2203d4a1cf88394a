import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { HotsiteError } from "../../core/errors.ts";
import { decodeBatch, encodeBatch } from "../../replication/batch.ts";
import type { RecordBatch, StatementChange, TableSchema, Value } from "../../replication/record.ts";
import { textRows } from "./stream.ts";

const table: TableSchema = {
  database: "shop",
  table: "order",
  columns: [
    { name: "id", type: "int", nullable: false, unsigned: true },
    { name: "note", type: "text", nullable: true, unsigned: false, charset: "latin1" },
  ],
  primaryKey: [0],
};
const checks = { foreignKeys: true, unique: true, constraints: true };

function batchOf(rows: readonly (readonly Value[])[]): RecordBatch {
  const changes = [{ kind: "update" as const, table: 0, rows, after: rows, checks }];
  return {
    position: "1-101-7,2-201-9",
    tables: [table],
    records: [
      { kind: "transaction", seq: 4, gtid: "1-101-7", commitMs: 1, part: 1, last: true, changes },
      {
        kind: "copy-chunk",
        seq: 5,
        table: 0,
        rows: textRows([
          [7, null],
          [8, "ein"],
        ]),
      },
    ],
    copy: {
      units: [{ tables: [{ database: "shop", table: "order" }], whole: false }],
      done: 0,
      lastKey: [7n],
      rows: 3,
      totalRows: 10,
    },
  };
}

const value = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

describe("a batch of records", () => {
  test("comes out of the log as it went in, whatever its values are", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value)), (rows) => {
        expect(decodeBatch(encodeBatch(batchOf(rows)))).toEqual(batchOf(rows));
      }),
    );
  });

  test("keeps everything that a statement was run with", () => {
    const statement: Required<StatementChange> = {
      ...{ kind: "statement", sql: "CREATE EVENT e ON SCHEDULE AT @at DO SET @x = 1", database: "shop" },
      ...{ sqlMode: 1n, collationConnection: 45, collationServer: 8, collationUtf8mb4: 255 },
      ...{ timeZone: "+02:00", timestamp: 1_700_000_000.5, checks, ifExists: true, dayNames: 4 },
      ...{ autoIncrement: { increment: 2, offset: 1 }, invoker: { user: "a", host: "%" } },
      ...{ explicitTimestamps: false, charsetCollations: [45, 33] },
      variables: [{ name: "at", literal: "_utf8mb4 X'31'" }],
    };
    const { position, tables } = batchOf([]);
    const common = {
      kind: "transaction" as const,
      seq: 1,
      gtid: "1-101-7",
      commitMs: 1,
      part: 1,
      last: true,
    };
    const batch = { position, tables, records: [{ ...common, changes: [statement] }] };
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  test("that was damaged is refused by a typed error, or reads as before", () => {
    const batch = batchOf([[1, "x"]]);
    const whole = encodeBatch(batch);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const damaged = Buffer.from(whole);
        damaged[place] = (damaged[place] ?? 0) ^ change;
        const outcome = attempt(damaged);
        // The header of gzip and the padding of its last byte have bits that mean nothing.
        expect(outcome).toEqual(typeof outcome === "string" ? "bad-record" : batch);
      }),
      { numRuns: 500 },
    );
  });

  test("made of garbage is refused by a typed error", () => {
    for (let length = 0; length < 200; length += 1) {
      expect(attempt(randomBytes(length))).toBe("bad-record");
      expect(attempt(Buffer.concat([Buffer.of(1), randomBytes(length)]))).toBe("bad-record");
    }
  });

  test("with rows that are wider than their table is refused", () => {
    expect(attempt(encodeBatch(batchOf([[1, "x", "y"]])))).toBe("bad-record");
  });

  test("with a gap in its numbers is refused", () => {
    const batch = batchOf([]);
    const records = [batch.records[0]!, { kind: "abort" as const, seq: 7 }];
    expect(attempt(encodeBatch({ ...batch, records }))).toBe("bad-record");
  });
});

/** The batch, or the code of the error. */
function attempt(payload: Uint8Array): RecordBatch | string {
  try {
    return decodeBatch(payload);
  } catch (error) {
    return error instanceof HotsiteError ? error.code : String(error);
  }
}
