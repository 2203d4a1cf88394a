import { isDeepStrictEqual } from "node:util";
import { HotsiteError } from "../core/errors.ts";
import { readForeignKeys, type ForeignKey } from "./foreign-keys.ts";
import { quoteString } from "./literal.ts";
import type { TableSchema } from "./record.ts";
import type { TargetTable } from "./row-sql.ts";
import { keysOf, readUniqueIndexes, type IndexColumn } from "./table-keys.ts";
import type { Target } from "./target.ts";

interface Facts {
  readonly columns: ReadonlySet<string>;
  readonly generated: ReadonlySet<string>;
  /** Of the columns that have one. */
  readonly collations: ReadonlyMap<string, string>;
  readonly unique: readonly IndexColumn[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly triggers: number;
}

/** The target's tables, asked once each until a statement may have changed them. */
export class TargetTables {
  readonly #target: Target;
  readonly #facts = new Map<string, Promise<Facts>>();
  /** By the schema that the stream gives: the same object for all rows of one batch. */
  #tables = new WeakMap<TableSchema, TargetTable>();
  /** By name: the same object for all batches between two statements. */
  readonly #newest = new Map<string, TargetTable>();
  #foreignKeys: Promise<readonly ForeignKey[]> | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Throws "diverged" when the target's table does not have the columns that the stream says, or would change rows on its own. */
  async of(schema: TableSchema): Promise<TargetTable> {
    const known = this.#tables.get(schema);
    if (known !== undefined) return known;
    const name = `${schema.database}.${schema.table}`;
    const newest = this.#newest.get(name);
    const table = isDeepStrictEqual(newest?.schema, schema) ? newest : undefined;
    const found = table ?? (await this.#make(name, schema));
    this.#tables.set(schema, found);
    this.#newest.set(name, found);
    return found;
  }

  /** A statement was run: what is known may not be so any more. */
  forget(): void {
    this.#facts.clear();
    this.#newest.clear();
    this.#foreignKeys = undefined;
    this.#tables = new WeakMap();
  }

  async #make(name: string, schema: TableSchema): Promise<TargetTable> {
    const facts = await this.#factsOf(name, schema);
    refuse(name, schema, facts);
    const places = [...schema.columns.keys()];
    const written = places.filter((place) => !facts.generated.has(schema.columns[place]?.name ?? ""));
    return { schema, written, keys: keysOf(schema, facts) };
  }

  #factsOf(name: string, schema: TableSchema): Promise<Facts> {
    const known = this.#facts.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(schema);
    this.#facts.set(name, asked);
    return asked;
  }

  async #ask({ database, table }: TableSchema): Promise<Facts> {
    this.#foreignKeys ??= readForeignKeys(this.#target);
    const columns = await this.#target.rows<{
      name: string;
      expression: string | null;
      collation: string | null;
    }>(
      `SELECT column_name AS name, generation_expression AS expression, collation_name AS collation FROM information_schema.columns
       WHERE table_schema = ${quoteString(database)} AND table_name = ${quoteString(table)}`,
    );
    const triggers = await this.#target.rows<unknown>(
      `SELECT 1 FROM information_schema.triggers
       WHERE event_object_schema = ${quoteString(database)} AND event_object_table = ${quoteString(table)}`,
    );
    return {
      columns: new Set(columns.map(({ name }) => name)),
      // MariaDB says nothing of the others, MySQL an empty text.
      generated: new Set(
        columns.filter(({ expression }) => (expression ?? "") !== "").map(({ name }) => name),
      ),
      collations: new Map(columns.map(({ name, collation }) => [name, collation ?? ""])),
      unique: await readUniqueIndexes(this.#target, database, table),
      foreignKeys: await this.#foreignKeys,
      triggers: triggers.length,
    };
  }
}

function refuse(name: string, schema: TableSchema, { columns, triggers }: Facts): void {
  const missing = schema.columns.filter((column) => !columns.has(column.name));
  if (missing.length > 0 || columns.size !== schema.columns.length) {
    throw new HotsiteError(
      "diverged",
      columns.size === 0
        ? `the target has no table ${name}`
        : `the target's ${name} has other columns than the source's: ${missing.map((column) => column.name).join(", ")}`,
      { hint: "something else than the link has changed the target: make a new first copy" },
    );
  }
  if (triggers > 0) {
    throw new HotsiteError("triggers", `the target's ${name} has triggers: they would change rows twice`, {
      hint: `drop the triggers of ${name} at the target; their effects arrive from the source as rows`,
    });
  }
}
