import type { Asks } from "./finding-key.ts";
import { fullName } from "./show-create.ts";

/** A foreign key of the target. Names are lower case, as servers compare them. */
export interface ForeignKey {
  /** Full names in lower case, of the rows that refer, and of those that are referred to. */
  readonly child: string;
  readonly parent: string;
  /** Pairs, in the order of the parent's names: so a key has one name whoever refers to it. */
  readonly columns: readonly { readonly child: string; readonly parent: string }[];
  /** Whether the server changes rows of the child by itself. */
  readonly cascadesOnDelete: boolean;
  readonly cascadesOnUpdate: boolean;
}

interface ColumnRow {
  readonly name: string;
  readonly childDatabase: string;
  readonly childTable: string;
  readonly childColumn: string;
  readonly parentDatabase: string;
  readonly parentTable: string;
  readonly parentColumn: string;
}

/** All foreign keys of the server: those of other databases may refer to ours. */
export async function readForeignKeys(target: Asks): Promise<readonly ForeignKey[]> {
  const columns = await target.rows<ColumnRow>(
    `SELECT constraint_name AS name, table_schema AS childDatabase, table_name AS childTable, column_name AS childColumn,
       referenced_table_schema AS parentDatabase, referenced_table_name AS parentTable, referenced_column_name AS parentColumn
     FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL`,
  );
  if (columns.length === 0) return [];
  const rules = await target.rows<{ place: string; onDelete: string; onUpdate: string }>(
    `SELECT CONCAT_WS('.', constraint_schema, table_name, constraint_name) AS place, delete_rule AS onDelete, update_rule AS onUpdate
     FROM information_schema.referential_constraints`,
  );
  const ruleOf = new Map(rules.map((rule) => [rule.place.toLowerCase(), rule]));
  return grouped(columns).map(([place, rows]) => {
    const rule = ruleOf.get(place);
    return {
      ...namesOf(rows),
      columns: rows
        .map(({ childColumn, parentColumn }) => ({
          child: childColumn.toLowerCase(),
          parent: parentColumn.toLowerCase(),
        }))
        .sort((a, b) => (a.parent < b.parent ? -1 : 1)),
      cascadesOnDelete: cascades(rule?.onDelete),
      cascadesOnUpdate: cascades(rule?.onUpdate),
    };
  });
}

/** Of each table that has to do with foreign keys of which one cascades: one name for all that hang together. */
export function familiesOf(foreignKeys: readonly ForeignKey[]): ReadonlyMap<string, string> {
  const families = new Map<string, Set<string>>();
  const cascading = new Set<Set<string>>();
  for (const { child, parent, cascadesOnDelete, cascadesOnUpdate } of foreignKeys) {
    const [ours, theirs] = [
      families.get(child) ?? new Set([child]),
      families.get(parent) ?? new Set([parent]),
    ];
    const all = ours.size >= theirs.size ? ours : theirs;
    for (const table of ours === all ? theirs : ours) all.add(table);
    for (const table of all) families.set(table, all);
    if (cascadesOnDelete || cascadesOnUpdate || cascading.has(ours) || cascading.has(theirs))
      cascading.add(all);
  }
  const named = [...families].filter(([, all]) => cascading.has(all));
  return new Map(named.map(([table, all]) => [table, [...all][0] ?? table]));
}

function grouped(columns: readonly ColumnRow[]): readonly (readonly [string, readonly ColumnRow[]])[] {
  const groups = new Map<string, ColumnRow[]>();
  for (const row of columns) {
    const place = `${nameOf(row.childDatabase, row.childTable)} ${row.name.toLowerCase()}`;
    const group = groups.get(place) ?? [];
    group.push(row);
    groups.set(place, group);
  }
  return [...groups];
}

function namesOf([row]: readonly ColumnRow[]): { child: string; parent: string } {
  return {
    child: nameOf(row?.childDatabase, row?.childTable),
    parent: nameOf(row?.parentDatabase, row?.parentTable),
  };
}

function nameOf(database = "", table = ""): string {
  return fullName({ database, table }).toLowerCase();
}

/** A rule that is not known is taken for one that does. */
function cascades(rule: string | undefined): boolean {
  return rule !== "RESTRICT" && rule !== "NO ACTION";
}
