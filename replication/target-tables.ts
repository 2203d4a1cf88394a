import { isDeepStrictEqual } from "node:util";
import { HotsiteError } from "../core/errors.ts";
import { readForeignKeys, type ForeignKey } from "./foreign-keys.ts";
import { isGuarded } from "./guard.ts";
import { quoteString } from "./literal.ts";
import { loadable, type KeptColumn } from "./load-sql.ts";
import { readFindingKeys } from "./finding-key.ts";
import type { ColumnSchema, TableSchema } from "./record.ts";
import type { TargetTable } from "./row-sql.ts";
import { keysOf, readUniqueIndexes, type IndexColumn } from "./table-keys.ts";
import type { Target } from "./target.ts";
import { fullName } from "./show-create.ts";

interface Facts {
  /** By name. */
  readonly columns: ReadonlyMap<string, KeptColumn>;
  readonly generated: ReadonlySet<string>;
  /** Of the columns that have one. */
  readonly collations: ReadonlyMap<string, string>;
  readonly unique: readonly IndexColumn[];
  /** Columns of the key by which rows are found; empty when there is none. */
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Those that would act on what a link writes. */
  readonly triggers: number;
  readonly sequence: boolean;
  readonly engine: string | undefined;
}

/** Triggers of this database would act on what a link writes, whose effects arrive as rows. */
export class UnguardedError extends HotsiteError {
  readonly database: string;

  constructor(database: string) {
    super("triggers", `the target's ${database} has triggers: they would change rows twice`);
    this.database = database;
  }
}

/** The target's tables, asked once each until a statement may have changed them. */
export class TargetTables {
  readonly #target: Target;
  readonly #facts = new Map<string, Promise<Facts>>();
  /** By the schema that the stream gives: the same object for all rows of one batch. */
  #tables = new WeakMap<TableSchema, TargetTable>();
  /** By name: the same object for all batches between two statements. */
  readonly #newest = new Map<string, { readonly schema: TableSchema; readonly table: TargetTable }>();
  #foreignKeys: readonly ForeignKey[] | undefined;
  readonly #refused = new WeakSet<TargetTable>();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Undefined until `of` was asked for it. */
  known(schema: TableSchema): TargetTable | undefined {
    return this.#tables.get(schema);
  }

  /** Throws "diverged" when the target's table does not have the columns that the stream says, or would change rows on its own. */
  async of(schema: TableSchema): Promise<TargetTable> {
    const known = this.#tables.get(schema);
    if (known !== undefined) return known;
    const name = fullName(schema);
    const newest = this.#newest.get(name);
    const same = isDeepStrictEqual(newest?.schema, schema) ? newest?.table : undefined;
    const table = same ?? (await this.#make(name, schema));
    this.#tables.set(schema, table);
    this.#newest.set(name, { schema, table });
    return table;
  }

  /** Whether many rows of it should go in as a file. */
  loads(table: TargetTable): boolean {
    return table.loads && !this.#refused.has(table);
  }

  /** A file did not bring what it should have. */
  refuseLoads(table: TargetTable): void {
    this.#refused.add(table);
  }

  /** A statement was run: what is known may not be so any more. */
  forget(): void {
    this.#facts.clear();
    this.#newest.clear();
    this.#foreignKeys = undefined;
    this.#tables = new WeakMap();
  }

  async #make(name: string, schema: TableSchema): Promise<TargetTable> {
    const facts = withHashes(schema, await this.#factsOf(name, schema));
    refuse(name, schema, facts);
    const places = [...schema.columns.keys()];
    const written = places.filter((place) => !facts.generated.has(schema.columns[place]?.name ?? ""));
    const columns = schema.columns.map((column) => asKept(column, facts));
    const primaryKey = schema.primaryKey.length > 0 ? schema.primaryKey : placesOf(schema, facts.key);
    const found: TableSchema = { ...schema, columns, primaryKey };
    return {
      ...{ schema: found, written, keys: keysOf(found, facts), sequence: facts.sequence },
      // Other engines keep what a savepoint should take back.
      loads:
        facts.engine === "InnoDB" &&
        written.length > 0 &&
        written.every((place) => fits(columns[place], facts)),
    };
  }

  #factsOf(name: string, schema: TableSchema): Promise<Facts> {
    const known = this.#facts.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(schema);
    this.#facts.set(name, asked);
    return asked;
  }

  async #kindOf(database: string, table: string): Promise<Pick<Facts, "sequence" | "engine">> {
    const [row] = await this.#target.rows<{ type: string; engine: string | null }>(
      `SELECT table_type AS type, engine AS engine FROM information_schema.tables
       WHERE table_schema = ${quoteString(database)} AND table_name = ${quoteString(table)}`,
    );
    return { sequence: row?.type === "SEQUENCE", engine: row?.engine ?? undefined };
  }

  async #ask({ database, table }: TableSchema): Promise<Facts> {
    // Awaited at once: a question that fails while nobody waits for it would end the process.
    const foreignKeys = (this.#foreignKeys ??= await readForeignKeys(this.#target));
    const columns = await this.#target.rows<ColumnFacts>(
      `SELECT column_name AS name, generation_expression AS expression, collation_name AS collation, data_type AS type,
         character_set_name AS charset, numeric_precision AS digits, numeric_scale AS scale
       FROM information_schema.columns
       WHERE table_schema = ${quoteString(database)} AND table_name = ${quoteString(table)}`,
    );
    const [key] = await readFindingKeys(this.#target, [database], table);
    const triggers = await this.#target.rows<{ body: string }>(
      `SELECT action_statement AS body FROM information_schema.triggers
       WHERE event_object_schema = ${quoteString(database)} AND event_object_table = ${quoteString(table)}`,
    );
    return {
      columns: new Map(
        columns.map(({ name, ...column }) => [name, { ...column, highest: highestOf(column) }]),
      ),
      key: key?.columns ?? [],
      // MariaDB says nothing of the others, MySQL an empty text.
      generated: new Set(
        columns.filter(({ expression }) => (expression ?? "") !== "").map(({ name }) => name),
      ),
      collations: new Map(columns.map(({ name, collation }) => [name, collation ?? ""])),
      unique: await readUniqueIndexes(this.#target, database, table),
      foreignKeys,
      ...(await this.#kindOf(database, table)),
      triggers: triggers.filter(({ body }) => !isGuarded(body)).length,
    };
  }
}

interface ColumnFacts {
  readonly name: string;
  readonly expression: string | null;
  readonly collation: string | null;
  readonly type: string;
  readonly charset: string | null;
  readonly digits: number | string | null;
  readonly scale: number | string | null;
}

/** FLOAT and DOUBLE have a scale only where it was said. */
function highestOf({ type, digits, scale }: Omit<ColumnFacts, "name">): number | undefined {
  if (!["float", "double"].includes(type) || scale === null) return undefined;
  return 10 ** (Number(digits) - Number(scale)) - 10 ** -Number(scale);
}

function fits(column: ColumnSchema | undefined, { columns }: Facts): boolean {
  return column !== undefined && loadable(column, columns.get(column.name));
}

function placesOf({ columns }: TableSchema, names: readonly string[]): readonly number[] {
  return names.map((name) => columns.findIndex((column) => column.name === name));
}

/** Types that the binlog shows as the bytes that they are kept in. */
const keptAsBytes: Readonly<Record<string, ColumnSchema["type"]>> = {
  ...{ uuid: "uuid", inet4: "inet4", inet6: "inet6" },
  // As a shape, it can be compared as bytes only.
  vector: "geometry",
};

function asKept(column: ColumnSchema, { columns }: Facts): ColumnSchema {
  // MariaDB keeps JSON as text.
  if (column.type === "json" && columns.get(column.name)?.type === "json")
    return { ...column, type: "document" };
  const highest = columns.get(column.name)?.highest;
  if (highest !== undefined) return { ...column, highest };
  const type = keptAsBytes[columns.get(column.name)?.type ?? ""];
  return type === undefined ? column : { ...column, type };
}

/** What a MariaDB keeps for a unique key of long columns: the binlog has it, and nothing else tells of it. */
const hash = /^DB_ROW_HASH_\d+$/;

function withHashes(schema: TableSchema, facts: Facts): Facts {
  const hashes = schema.columns.filter(({ name }) => hash.test(name) && !facts.columns.has(name));
  if (hashes.length === 0) return facts;
  return {
    ...facts,
    columns: new Map([
      ...facts.columns,
      ...hashes.map(({ name }) => [name, { type: "bigint", charset: null }] as const),
    ]),
    generated: new Set([...facts.generated, ...hashes.map(({ name }) => name)]),
  };
}

const otherColumnsHint =
  "something else than the link has changed the target, or the source was changed without its binlog (sql_log_bin = 0): change the target likewise and resume, or make a new first copy";

function refuse(name: string, schema: TableSchema, { columns, triggers }: Facts): void {
  const missing = schema.columns.filter((column) => !columns.has(column.name));
  if (missing.length > 0 || columns.size !== schema.columns.length) {
    throw new HotsiteError(
      "diverged",
      columns.size === 0
        ? `the target has no table ${name}`
        : `the target's ${name} has other columns than the source's: ${missing.map((column) => column.name).join(", ")}`,
      { hint: otherColumnsHint },
    );
  }
  if (triggers > 0) {
    throw new UnguardedError(schema.database);
  }
}
