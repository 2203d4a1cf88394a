import type { Checks, RowsChange, StatementChange, TableSchema } from "../record.ts";
import { sameChecks } from "../session.ts";
import { listsOf, type PackedTable } from "./packed-rows.ts";
import type { RowsOfEvent } from "./rows.ts";

/** A change with its table at hand. */
export type SourceChange = SourceRows | StatementChange;

/** See `RowsChange`. */
export interface SourceRows extends Omit<RowsChange, "table"> {
  readonly table: TableSchema;
}

/** Rows to which those of the next event may still be added. */
export interface OpenRows {
  readonly kind: RowsChange["kind"];
  readonly table: PackedTable;
  readonly chunks: Buffer[];
  readonly checks: Checks;
}

/** Neighbours of one kind become one change: they stay in order. */
export function addRows(
  changes: (OpenRows | StatementChange)[],
  table: PackedTable,
  { kind, bytes, checks }: RowsOfEvent,
): void {
  if (bytes.length === 0) return;
  const before = changes.at(-1);
  if (before === undefined || before.kind === "statement" || !alike(before, { kind, table, checks }))
    changes.push({ kind, table, checks, chunks: [bytes] });
  else before.chunks.push(bytes);
}

function alike(a: OpenRows, b: Omit<OpenRows, "chunks">): boolean {
  return a.kind === b.kind && a.table === b.table && sameChecks(a.checks, b.checks);
}

/** What becomes of it when nothing is added any more. */
export function closed(change: OpenRows | StatementChange): SourceChange {
  if (change.kind === "statement") return change;
  const { kind, table, chunks, checks } = change;
  return { kind, table: table.schema, ...listsOf(kind, { table, chunks }), checks };
}
