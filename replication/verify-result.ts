import { z } from "zod";

const repaired = z.strictObject({
  inserted: z.number(),
  deleted: z.number(),
  set: z.number(),
  left: z.number().describe("rows that were changed each time, or have to wait for such a one: repair again"),
  refused: z.number().describe("rows that the target does not take, or does not keep as they are"),
  refusedKeys: z.array(z.string()).describe("the first of their keys"),
});

/** A `TableDifference`, as it is printed and kept. */
export const tableDifference = z.strictObject({
  table: z.string().describe("`database.table`"),
  sourceRows: z.number(),
  targetRows: z.number(),
  differing: z.number().describe("rows that one side lacks or that are not equal, before any repair"),
  missing: z.number().describe("of these, rows that the target lacks"),
  surplus: z.number().describe("of these, rows that only the target has"),
  keys: z.array(z.string()).describe("the first keys that differ, or why rows cannot be compared"),
  changing: z.number().describe("rows that were changed during each look, so that nothing is said of them"),
  uncompared: z.array(z.string()).describe("columns that have no common form on both servers"),
  repaired: repaired.optional().describe("with --repair: what was done, where something was to be done"),
});
