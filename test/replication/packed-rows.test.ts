import { describe, expect, test } from "@jest/globals";
import { decodeBatch, encodeBatch } from "../../replication/batch.ts";
import { listsOf, packedRows, PackedTable } from "../../replication/binlog/packed-rows.ts";
import type { RecordBatch, RowsChange } from "../../replication/record.ts";
import { checks, column } from "./stream.ts";

const schema = {
  ...{ database: "shop", table: "t", primaryKey: [0] },
  columns: [column("id", "int"), column("note", "text")],
};
const traits = { unsigned: false, binary: false };
const table = new PackedTable(schema, {
  ...{ flavour: "mariadb", codes: Buffer.of(3, 15), metadata: Buffer.of(40, 0) },
  traits: [traits, traits],
});
const one = Buffer.from([0, 1, 0, 0, 0, 2, 104, 105]);
const two = Buffer.from([2, 2, 0, 0, 0]);
const rows = [
  [1, Buffer.from("hi")],
  [2, null],
];

function change(kind: RowsChange["kind"], ...chunks: readonly Buffer[]): RowsChange {
  return { kind, table: 0, ...listsOf(kind, { table, chunks }), checks };
}

function batchOf(...changes: readonly RowsChange[]): RecordBatch {
  const transaction = { kind: "transaction", gtid: "1-101-7", commitMs: 5, part: 1, last: true } as const;
  return { position: "1-101-7", tables: [schema], records: [{ ...transaction, seq: 3, changes }] };
}

describe("packed rows", () => {
  test("give their values to whoever looks, also in a copy of their change", () => {
    const inserted = { ...change("insert", one, two), overlap: true as const };
    expect(inserted.rows).toEqual(rows);
    expect(packedRows(inserted)?.chunks).toEqual([one, two]);
    const updated = change("update", Buffer.concat([one, two]));
    expect([updated.rows, updated.after]).toEqual([[rows[0]], [rows[1]]]);
  });

  test("are no longer packed when somebody has changed the rows", () => {
    const { rows: packed, ...rest } = change("insert", one, two);
    expect(packedRows({ ...rest, rows: packed.filter(([id]) => id === 1) })).toBeUndefined();
  });

  test.each(["none", "gzip"] as const)(
    "come out of the log as they went in (compression: %s)",
    (compression) => {
      const batch = batchOf(change("insert", one, two), change("update", one, two), change("delete", one));
      const read = decodeBatch(encodeBatch(batch, compression));
      expect(read).toEqual(batch);
      const [record] = read.records;
      const changes = record?.kind === "transaction" ? record.changes : [];
      expect(changes.map((each) => each.kind !== "statement" && packedRows(each) !== undefined)).toEqual([
        ...[true, true, true],
      ]);
    },
  );

  test("stand beside rows that are values", () => {
    const values: RowsChange = { kind: "delete", table: 0, rows: [[9, null]], checks };
    const batch = batchOf(change("insert", one), values);
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  test.each([
    ["cut off", one.subarray(0, 4)],
    ["with a text longer than they are", Buffer.from([0, 1, 0, 0, 0, 9, 104])],
    ["without their last byte", one.subarray(0, one.length - 1)],
  ])("that are %s are refused", (_name, bytes) => {
    expect(() => change("insert", bytes).rows.length).toThrow(expect.objectContaining({ code: "bad-event" }));
  });
});
