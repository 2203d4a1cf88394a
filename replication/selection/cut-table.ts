import type { CopiedTable } from "../source-columns.ts";
import type { Selection } from "./selection.ts";

/** A table as SELECT reads it, without the columns that stay behind. A key that had one of them finds no rows any more. */
export function withoutHidden(table: CopiedTable, selection: Selection): CopiedTable {
  const { schema, columns, index, rowBytes } = table;
  const kept = columns.filter((column) => !selection.hidesColumn(schema, column.schema.name));
  if (kept.length === columns.length) return table;
  const places = schema.primaryKey.map((place) => kept.findIndex((column) => column === columns[place]));
  const keyed = places.every((place) => place >= 0);
  return {
    columns: kept,
    schema: { ...schema, columns: kept.map((column) => column.schema), primaryKey: keyed ? places : [] },
    index: keyed ? index : undefined,
    rowBytes,
  };
}
