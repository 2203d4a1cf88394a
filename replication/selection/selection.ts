import { z } from "zod";
import type { TableName } from "../record.ts";
import { parsePattern, type NamePattern } from "./pattern.ts";

/** What of some databases is replicated, and what the databases are called at the target. */
export interface SelectionSpec {
  /** The source's name of each database, and the target's. */
  readonly databases: Readonly<Record<string, string>>;
  /** Patterns of tables, views and sequences: `shop.tmp_*`. Without `include` it is all but those. */
  readonly tables?: { readonly include?: readonly string[]; readonly exclude?: readonly string[] };
  /** `shop.customer.card_number` */
  readonly columns?: { readonly exclude: readonly string[] };
  /** Routines, triggers and events. */
  readonly programs?: { readonly exclude: readonly string[] };
}

/** Decides for each name whether it travels, and as what. Names are the source's. */
export class Selection {
  /** The same text for the same selection. */
  readonly text: string;
  /** Whether something of the databases stays behind. */
  readonly filters: boolean;
  readonly databases: readonly string[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #tables: { readonly include: readonly NamePattern[] | undefined; readonly exclude: Patterns };
  readonly #columns: Patterns;
  readonly #programs: Patterns;

  constructor({ databases, tables, columns, programs }: SelectionSpec) {
    this.#names = new Map(Object.entries(databases));
    this.databases = [...this.#names.keys()];
    this.#tables = {
      include: tables?.include && patternsOf(tables.include, 2),
      exclude: patternsOf(tables?.exclude, 2),
    };
    this.#columns = patternsOf(columns?.exclude, 3);
    this.#programs = patternsOf(programs?.exclude, 2);
    const { include, exclude } = this.#tables;
    this.filters = [include ?? [], exclude, this.#columns, this.#programs].some((list) => list.length > 0);
    const texts = (list: Patterns | undefined): readonly string[] | undefined =>
      list?.map(({ text }) => text).sort();
    this.text = JSON.stringify([
      [...this.#names].sort(([a], [b]) => (a < b ? -1 : 1)),
      ...[texts(include) ?? null, texts(exclude), texts(this.#columns), texts(this.#programs)],
    ]);
  }

  /** The target's names in the text of a selection. */
  static databasesAtTarget(text: string): readonly string[] {
    const [names] = databasesIn.parse(JSON.parse(text));
    return names.map(([, theirs]) => theirs);
  }

  /** Whether databases have other names at the target. */
  get renames(): boolean {
    return [...this.#names].some(([ours, theirs]) => ours !== theirs);
  }

  nameAtSource(database: string): string {
    return [...this.#names].find(([, theirs]) => theirs === database)?.[0] ?? database;
  }

  get databasesAtTarget(): readonly string[] {
    return [...this.#names.values()];
  }

  /** Some columns of this table or that one stay behind. */
  get hidesColumns(): boolean {
    return this.#columns.length > 0;
  }

  /** The target's name of a database, also of one that is not replicated. */
  nameAtTarget(database: string): string {
    return this.#names.get(database) ?? database;
  }

  /** Of a table, a view or a sequence. */
  hasTable({ database, table }: TableName): boolean {
    const { include, exclude } = this.#tables;
    if (!this.#names.has(database) || some(exclude, database, table)) return false;
    return include === undefined || some(include, database, table);
  }

  /** Whether it is named as what is left out. */
  excludes({ database, table }: TableName): boolean {
    return some(this.#tables.exclude, database, table);
  }

  /** Of a replicated database, and not carried. */
  isBehind(name: TableName): boolean {
    return this.#names.has(name.database) && !this.hasTable(name);
  }

  /** Of a routine, a trigger or an event. */
  hasProgram({ database, table: name }: TableName): boolean {
    return this.#names.has(database) && !some(this.#programs, database, name);
  }

  hidesColumn({ database, table }: TableName, column: string): boolean {
    return some(this.#columns, database, table, column);
  }

  /** Patterns without a `*` that fit none of these columns, or none of their tables. */
  namingNothing(
    columns: readonly (readonly [database: string, table: string, column: string])[],
  ): readonly string[] {
    const { include, exclude } = this.#tables;
    return [...(include ?? []), ...exclude, ...this.#columns]
      .filter(({ text }) => !text.includes("*"))
      .filter(({ parts, matches }) => !columns.some((names) => matches(...names.slice(0, parts))))
      .map(({ text }) => text);
  }

  /** The same text for two tables of which the same columns stay behind, whatever columns they have. */
  hiddenIn({ database, table }: TableName): string {
    return this.#columns
      .filter((pattern) => pattern.matches(database, table))
      .map(({ last }) => last)
      .sort()
      .join(".");
  }
}

const databasesIn = z.tuple([z.array(z.tuple([z.string(), z.string()]))]).rest(z.unknown());

type Patterns = readonly NamePattern[];

function some(patterns: Patterns, ...names: readonly string[]): boolean {
  return patterns.some((pattern) => pattern.matches(...names));
}

/** The spec's schema has refused texts that are no patterns. */
function patternsOf(texts: readonly string[] = [], parts: number): Patterns {
  return texts.flatMap((text) => parsePattern(text, parts) ?? []);
}

/** Everything of these databases, under their own names. */
export function wholeDatabases(databases: readonly string[]): Selection {
  return new Selection({ databases: Object.fromEntries(databases.map((name) => [name, name])) });
}
