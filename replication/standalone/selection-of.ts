import { Selection } from "../selection/selection.ts";
import type { LinkDeclaration } from "./spec.ts";

/** What a link carries. */
export function selectionOf({ databases, tables, columns, programs }: LinkDeclaration): Selection {
  return new Selection({
    databases: Array.isArray(databases)
      ? Object.fromEntries(databases.map((name) => [name, name]))
      : databases,
    ...(tables && {
      tables: { exclude: tables.exclude, ...(tables.include && { include: tables.include }) },
    }),
    ...(columns && { columns }),
    ...(programs && { programs }),
  });
}
