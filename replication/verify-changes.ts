import type { SourceRows } from "./binlog/transactions.ts";
import { readForeignKeys } from "./foreign-keys.ts";
import { readTransactions, type ReadOptions } from "./read-transactions.ts";
import type { ColumnType, Row, TableSchema, Value } from "./record.ts";
import type { Source } from "./source.ts";
import { TouchedKeys } from "./touched-keys.ts";
import type { Stretch } from "./verify-look.ts";

/** What a stretch of the source's transactions may have changed of one table. */
export interface TableChanges {
  /** The schema, of whatever table. */
  readonly schema: boolean;
  /** Any row. */
  readonly any: boolean;
  has(key: Row): boolean;
}

/** The binlog has values of these in another form than SELECT. */
const otherwiseWritten: ReadonlySet<ColumnType> = new Set(["uuid", "inet4", "inet6", "float", "double"]);

/** `parents`: see `cascadingParents`. */
export async function changesOf(
  { schema, parents }: { readonly schema: TableSchema; readonly parents: ReadonlySet<string> },
  read: ReadOptions,
  { after, upTo }: Stretch,
  signal: AbortSignal,
): Promise<TableChanges> {
  const touched = new TouchedKeys(schema);
  const vague = schema.primaryKey.some((place) => otherwiseWritten.has(schema.columns[place]?.type ?? "int"));
  const name = nameOf(schema);
  let [schemaChanged, any, every] = [false, false, false];
  const note = (change: SourceRows): void => {
    const changed = nameOf(change.table);
    if (parents.has(changed)) [any, every] = [true, true];
    if (changed !== name) return;
    any = true;
    touched.add(change);
  };
  for await (const { changes } of readTransactions(read, after, upTo, signal)) {
    for (const change of changes)
      if (change.kind === "statement") schemaChanged = true;
      else note(change);
  }
  const all = schemaChanged || every || touched.tooMany || (any && vague);
  const has = (key: Row): boolean => {
    const row = rowOf(key, schema);
    return touched.has((place) => row[place] ?? null);
  };
  return { schema: schemaChanged, any: any || all, has: (key) => all || has(key) };
}

/** Tables whose changes may change rows of this one without a word in the binlog: by foreign keys that cascade, over any number of tables. */
export async function cascadingParents(source: Source, table: TableSchema): Promise<ReadonlySet<string>> {
  const keys = await readForeignKeys(source);
  const found = new Set<string>();
  const children = [nameOf(table)];
  for (const name of children) {
    for (const { child, parent, cascadesOnDelete, cascadesOnUpdate } of keys) {
      if (child !== name || found.has(parent) || !(cascadesOnDelete || cascadesOnUpdate)) continue;
      found.add(parent);
      children.push(parent);
    }
  }
  return found;
}

function nameOf({ database, table }: TableSchema): string {
  return `${database}.${table}`.toLowerCase();
}

/** A row of which only the key is known. */
function rowOf(key: Row, { columns, primaryKey }: TableSchema): Row {
  return columns.map((_, place): Value => key[primaryKey.indexOf(place)] ?? null);
}
