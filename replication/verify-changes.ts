import type { SourceRows } from "./binlog/open-rows.ts";
import { readForeignKeys } from "./foreign-keys.ts";
import type { ReadOptions } from "./read-pieces.ts";
import { readTransactions } from "./read-transactions.ts";
import type { ColumnType, Row, TableSchema, Value } from "./record.ts";
import type { Source } from "./source.ts";
import { keyIdentity, maxTouchedKeys, TouchedKeys } from "./touched-keys.ts";
import type { Stretch } from "./verify-look.ts";
import { fullName } from "./show-create.ts";

/** What a stretch of the source's transactions may have changed of one table. */
export interface TableChanges {
  /** The schema, of whatever table. */
  readonly schema: boolean;
  /** Any row. */
  readonly any: boolean;
  has(key: Row): boolean;
  /** Of a touched key that was wanted, the row as it was before the first of them. */
  before(key: Row): RowBefore | undefined;
  /** Those of which it is known. */
  readonly keys: readonly Row[];
}

/** A row before a change of it; undefined where there was none. */
export interface RowBefore {
  readonly key: Row;
  readonly row: Row | undefined;
  /** As the change says it. */
  readonly schema: TableSchema;
}

/** The binlog has values of these in another form than SELECT. */
const otherwiseWritten: ReadonlySet<ColumnType> = new Set(["uuid", "inet4", "inet6", "float", "double"]);

export interface ChangesWanted {
  readonly schema: TableSchema;
  /** See `cascadingParents`. */
  readonly parents: ReadonlySet<string>;
  /** Keys of which the rows before are wanted; "all" that are touched, as far as they can be held. */
  readonly wanted?: readonly Row[] | "all";
}

export async function changesOf(
  { schema, parents, wanted = [] }: ChangesWanted,
  read: ReadOptions,
  { after, upTo }: Stretch,
  signal: AbortSignal,
): Promise<TableChanges> {
  const touched = new TouchedKeys(schema);
  const before = new RowsBefore(schema.primaryKey, wanted);
  const vague = schema.primaryKey.some((place) => otherwiseWritten.has(schema.columns[place]?.type ?? "int"));
  const name = nameOf(schema);
  let [schemaChanged, any, every] = [false, false, false];
  const note = (change: SourceRows): void => {
    const changed = nameOf(change.table);
    if (parents.has(changed)) [any, every] = [true, true];
    if (changed !== name) return;
    any = true;
    touched.add(change);
    before.add(change);
  };
  for await (const { changes, xa } of readTransactions(read, after, upTo, signal)) {
    // It commits what nobody can tell any more.
    if (xa !== undefined) [any, every] = [true, true];
    for (const change of changes)
      if (change.kind === "statement") schemaChanged = true;
      else note(change);
  }
  const all = schemaChanged || every || touched.tooMany || (any && vague);
  const has = (key: Row): boolean => {
    const row = rowOf(key, schema);
    return touched.has((place) => row[place] ?? null);
  };
  return {
    schema: schemaChanged,
    any: any || all,
    has: (key) => all || has(key),
    before: (key) => (all ? undefined : before.of(key)),
    keys: all ? [] : before.keys,
  };
}

/** What the first change of each wanted key says was there before. */
class RowsBefore {
  readonly #places: readonly number[];
  readonly #wanted: ReadonlySet<string> | "all";
  readonly #found = new Map<string, RowBefore>();

  constructor(places: readonly number[], wanted: readonly Row[] | "all") {
    this.#places = places;
    this.#wanted = wanted === "all" ? wanted : new Set(wanted.map(keyIdentity));
  }

  get keys(): readonly Row[] {
    return [...this.#found.values()].map(({ key }) => key);
  }

  of(key: Row): RowBefore | undefined {
    return this.#found.get(keyIdentity(key));
  }

  add({ kind, rows, after = [], table }: SourceRows): void {
    if (this.#wanted !== "all" && this.#wanted.size === 0) return;
    for (const [index, row] of rows.entries()) {
      this.#note(row, { row: kind === "insert" ? undefined : row, schema: table });
      const image = after[index];
      if (image !== undefined) this.#note(image, { row: undefined, schema: table });
    }
  }

  #note(of: Row, before: Omit<RowBefore, "key">): void {
    const key = this.#places.map((place) => of[place] ?? null);
    const text = keyIdentity(key);
    if (this.#found.has(text) || this.#found.size > maxTouchedKeys) return;
    if (this.#wanted === "all" || this.#wanted.has(text)) this.#found.set(text, { key, ...before });
  }
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

function nameOf(schema: TableSchema): string {
  return fullName(schema).toLowerCase();
}

/** A row of which only the key is known. */
export function rowOf(key: Row, { columns, primaryKey }: TableSchema): Row {
  return columns.map((_, place): Value => key[primaryKey.indexOf(place)] ?? null);
}
