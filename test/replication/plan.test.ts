import { describe, expect, test } from "@jest/globals";
import { Plan } from "../../replication/plan.ts";
import type { RowsChange, TableSchema } from "../../replication/record.ts";
import type { TargetTable } from "../../replication/row-sql.ts";
import { keysOf, type KeyFacts } from "../../replication/table-keys.ts";
import { checks, column, insert, remove, update } from "./stream.ts";

const nothing: KeyFacts = { generated: new Set(), collations: new Map(), unique: [], foreignKeys: [] };

function table(name: string, facts: Partial<KeyFacts> = {}): TargetTable {
  const schema: TableSchema = {
    ...{ database: "shop", table: name, primaryKey: [0] },
    columns: [column("id", "int"), column("v", "int"), column("code", "text")],
  };
  const keys = keysOf(schema, { ...nothing, ...facts });
  return { schema, written: [0, 1, 2], keys, loads: false, sequence: false };
}

const code = (text: string): Buffer => Buffer.from(text);
const codeUnique = { unique: [{ name: "code", column: "code", part: null }] };
const letters = { ...codeUnique, collations: new Map([["code", "utf8mb4_general_ci"]]) };
const bytes = { ...codeUnique, collations: new Map([["code", "utf8mb4_bin"]]) };

/** Kinds, tables and how many rows of the runs that changes make. */
function runs(...changes: readonly (readonly [TargetTable, RowsChange])[]): string[] {
  const plan = new Plan();
  for (const [of, change] of changes) plan.add(change, of);
  return plan.runs().map(({ kind, table: { schema }, rows }) => `${kind} ${schema.table} ${rows.length}`);
}

describe("the order of changes", () => {
  const [a, b] = [table("a"), table("b")];

  test("changes of many rows become one run of each kind and table", () => {
    expect(
      runs(
        [a, insert([1, 1, null])],
        [b, insert([1, 1, null])],
        [a, remove([7, 1, null])],
        [a, update([8, 1, null], [8, 2, null])],
        [b, insert([2, 1, null])],
        [a, insert([2, 1, null])],
        [a, remove([9, 1, null])],
      ),
    ).toEqual(["insert a 2", "update a 1", "delete a 2", "insert b 2"]);
  });

  test("updates of one row, also of one that was just inserted, become one change", () => {
    const plan = new Plan();
    plan.add(insert([1, 1, null]), a);
    plan.add(update([1, 1, null], [1, 2, null]), a);
    plan.add(update([5, 1, null], [5, 2, null]), a);
    plan.add(update([5, 2, null], [5, 3, null]), a);
    expect(plan.runs().map(({ rows, after }) => [rows, after])).toEqual([
      [[[1, 2, null]], []],
      [[[5, 1, null]], [[5, 3, null]]],
    ]);
  });

  test("a row that was deleted is inserted again after that, and one that was inserted is deleted after that", () => {
    expect(runs([a, remove([1, 1, null])], [a, insert([1, 2, null])], [a, remove([1, 2, null])])).toEqual([
      "delete a 1",
      "insert a 1",
      "delete a 1",
    ]);
  });

  test.each([
    ["another row", bytes, "y", ["insert u 1", "delete u 1"]],
    ["the same bytes", bytes, "x", ["delete u 1", "insert u 1"]],
    ["the same bytes but for spaces at the end", bytes, "x ", ["delete u 1", "insert u 1"]],
    ["other bytes that are told apart", bytes, "X", ["insert u 1", "delete u 1"]],
    ["the same letters", letters, "X", ["delete u 1", "insert u 1"]],
    ["letters that may be equal to any", letters, "ß", ["delete u 1", "insert u 1"]],
    ["a collation that is not known", codeUnique, "y", ["delete u 1", "insert u 1"]],
  ])("a unique value is freed before it is taken: %s", (_name, facts, value, expected) => {
    const u = table("u", facts);
    expect(runs([u, remove([1, 1, code("x")])], [u, insert([2, 1, code(value)])])).toEqual(expected);
  });

  test("NULL is not a value that another row could have", () => {
    const u = table("u", bytes);
    expect(runs([u, remove([1, 1, null])], [u, insert([2, 1, null])])).toEqual(["insert u 1", "delete u 1"]);
  });

  const reference = (rule: boolean): Partial<KeyFacts> => ({
    foreignKeys: [
      {
        ...{ child: "`shop`.`b`", parent: "`shop`.`a`", columns: [{ child: "v", parent: "id" }] },
        ...{ cascadesOnDelete: rule, cascadesOnUpdate: rule },
      },
    ],
  });

  test("parents come before their children and go after them, others pass", () => {
    const [parent, child] = [table("a", reference(false)), table("b", reference(false))];
    expect(
      runs(
        [child, insert([1, null, null])],
        [parent, insert([1, 1, null])],
        [child, insert([2, 1, null])],
        [child, remove([3, 7, null])],
        [parent, remove([7, 1, null])],
        [child, remove([4, 8, null])],
        [parent, insert([2, 1, null])],
      ),
    ).toEqual(["insert b 1", "insert a 1", "insert b 1", "delete b 2", "insert a 1", "delete a 1"]);
  });

  test("nothing of a family passes a change that takes other rows with it", () => {
    const [parent, child] = [table("a", reference(true)), table("b", reference(true))];
    expect(
      runs(
        [child, update([1, 7, null], [1, 8, null])],
        [parent, remove([7, 1, null])],
        [child, update([2, 9, null], [2, 8, null])],
      ),
    ).toEqual(["update b 1", "delete a 1", "update b 1"]);
  });

  test("changes made without foreign key checks keep the stream's order", () => {
    const unchecked = (change: RowsChange): RowsChange => ({
      ...change,
      checks: { ...checks, foreignKeys: false },
    });
    expect(
      runs(
        [a, unchecked(insert([1, 1, null]))],
        [b, unchecked(insert([1, 1, null]))],
        [b, unchecked(insert([2, 1, null]))],
        [a, unchecked(insert([2, 1, null]))],
      ),
    ).toEqual(["insert a 1", "insert b 2", "insert a 1"]);
  });
});
