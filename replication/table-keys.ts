import { familiesOf, type ForeignKey } from "./foreign-keys.ts";
import { quoteString } from "./literal.ts";
import type { TableSchema } from "./record.ts";
import type { Target } from "./target.ts";
import { fullName } from "./show-create.ts";

/** How two values of a key are told apart: by their bytes, by their letters whatever the case, or not at all. */
export type Fold = "bytes" | "letters" | "none";

/** Columns whose values order changes: no two rows may share them, or rows of other tables refer to them. */
export interface TableKey {
  /** The same for a key and for what refers to it. */
  readonly name: string;
  readonly places: readonly number[];
  readonly folds: readonly Fold[];
  /** One of them is by letters. */
  readonly foldsLetters: boolean;
}

/** Which values of a table's rows make the order of changes matter. */
export interface TableKeys {
  /** The primary key first, then what else is unique, then what others refer to. */
  readonly owned: readonly TableKey[];
  /** Keys of parents, by the places of the columns that refer to them. */
  readonly references: readonly TableKey[];
  /** Places of all columns of these keys. */
  readonly places: ReadonlySet<number>;
  /** Two rows may not share something besides the primary key. */
  readonly otherUnique: boolean;
  /** Tables of which the server changes rows along with others' have one name in common. */
  readonly family: string | undefined;
  /** A row that is deleted, or changed in one of these places, takes others with it. */
  readonly cascadesOnDelete: boolean;
  readonly cascadesOnUpdate: ReadonlySet<number>;
  readonly refersToItself: boolean;
}

/** A column of a unique index other than the primary key. */
export interface IndexColumn {
  readonly name: string;
  /** Null for an expression. */
  readonly column: string | null;
  /** Of an index on the beginnings of values. */
  readonly part: number | null;
}

/** What the target's catalogue says of a table. */
export interface KeyFacts {
  readonly generated: ReadonlySet<string>;
  /** Of the columns that have one. */
  readonly collations: ReadonlyMap<string, string>;
  readonly unique: readonly IndexColumn[];
  readonly foreignKeys: readonly ForeignKey[];
}

export function readUniqueIndexes(
  target: Target,
  database: string,
  table: string,
): Promise<readonly IndexColumn[]> {
  return target.rows<IndexColumn>(
    `SELECT index_name AS name, column_name AS \`column\`, sub_part AS part FROM information_schema.statistics
     WHERE table_schema = ${quoteString(database)} AND table_name = ${quoteString(table)}
       AND non_unique = 0 AND index_name <> 'PRIMARY' ORDER BY index_name, seq_in_index`,
  );
}

export function keysOf(schema: TableSchema, facts: KeyFacts): TableKeys {
  const maker = new KeyMaker(schema, facts);
  const own = maker.table;
  const parents = facts.foreignKeys.filter(({ child }) => child === own);
  const children = facts.foreignKeys.filter(({ parent }) => parent === own);
  const indexes = new Set(facts.unique.map(({ name }) => name));
  const owned = distinct([
    maker.primary(),
    ...[...indexes].map((index) => maker.unique(facts.unique.filter(({ name }) => name === index))),
    ...children.map(({ columns }) =>
      maker.key(
        own,
        columns.map(({ parent }) => [parent, parent]),
      ),
    ),
  ]);
  const references = parents.map(({ parent, columns }) =>
    maker.key(
      parent,
      columns.map((column) => [column.parent, column.child]),
    ),
  );
  return {
    ...{ owned, references },
    places: new Set([...owned, ...references].flatMap(({ places }) => places)),
    otherUnique: indexes.size > 0,
    family: familiesOf(facts.foreignKeys).get(own),
    cascadesOnDelete: children.some(({ cascadesOnDelete }) => cascadesOnDelete),
    cascadesOnUpdate: new Set(
      children
        .filter(({ cascadesOnUpdate }) => cascadesOnUpdate)
        .flatMap(({ columns }) => columns.map(({ parent }) => maker.place(parent))),
    ),
    refersToItself: parents.some(({ parent }) => parent === own),
  };
}

class KeyMaker {
  readonly table: string;
  readonly #schema: TableSchema;
  readonly #facts: KeyFacts;
  readonly #places: ReadonlyMap<string, number>;

  constructor(schema: TableSchema, facts: KeyFacts) {
    this.table = fullName(schema).toLowerCase();
    this.#schema = schema;
    this.#facts = facts;
    this.#places = new Map(schema.columns.map(({ name }, place) => [name.toLowerCase(), place]));
  }

  place(column: string): number {
    return this.#places.get(column) ?? -1;
  }

  primary(): TableKey {
    return this.#own(this.#schema.primaryKey.map((place) => this.#schema.columns[place]?.name ?? ""));
  }

  /** Of an index that is not on whole columns of the stream only, all values are taken for one. */
  unique(columns: readonly IndexColumn[]): TableKey {
    const names = columns.map(({ column }) => column ?? "");
    const plain = columns.every(({ column, part }) => column !== null && part === null);
    return plain && names.every((name) => this.#written(name))
      ? this.#own(names)
      : { name: `${this.table}/${columns[0]?.name ?? ""}`, places: [], folds: [], foldsLetters: false };
  }

  /** `columns`: pairs of the owner's name of a column and ours. */
  key(owner: string, columns: readonly (readonly [string, string])[]): TableKey {
    const places = columns.map(([, name]) => this.place(name));
    const folds = places.map((place) => this.#fold(place));
    const name = `${owner}/${columns.map(([column]) => column).join(",")}`;
    return { name, places, folds, foldsLetters: folds.includes("letters") };
  }

  #own(columns: readonly string[]): TableKey {
    const names = columns.map((name) => name.toLowerCase()).sort();
    return this.key(
      this.table,
      names.map((name) => [name, name]),
    );
  }

  #written(name: string): boolean {
    return this.#places.has(name.toLowerCase()) && !this.#facts.generated.has(name);
  }

  #fold(place: number): Fold {
    const column = this.#schema.columns[place];
    switch (column?.type) {
      case undefined:
      case "float":
      case "double":
        return "none";
      case "text":
        return textFold(column.charset, this.#facts.collations.get(column.name) ?? "");
      default:
        return "bytes";
    }
  }
}

/** Where spaces at the end may count for nothing, one space is one byte. */
const plainCharsets = /^(utf8mb4|utf8mb3|utf8|latin\d|ascii|binary)$/;
/** Of these it is known that they tell plain ASCII characters apart but for the case; others hold that I is J, or `ccs` is `cscs`. */
const plainCollations =
  /^(?:(?:utf8mb4|utf8mb3|utf8|ascii)_(?:general|unicode|unicode_520|0900_ai|0900_as|uca1400_ai|uca1400_as)(?:_nopad)?_c[is]|(?:uca1400_a[is]_c[is])|latin1_(?:swedish|general)_c[is])$/;

function textFold(charset: string | undefined, collation: string): Fold {
  if (!plainCharsets.test(charset ?? "")) return "none";
  if (/_bin$|^binary$/.test(collation)) return "bytes";
  return plainCollations.test(collation) ? "letters" : "none";
}

function distinct(keys: readonly TableKey[]): readonly TableKey[] {
  return keys.filter(({ name }, place) => keys.findIndex((key) => key.name === name) === place);
}
