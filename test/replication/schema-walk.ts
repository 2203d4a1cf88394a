import fc from "fast-check";
import { Random } from "./random.ts";
import type { MatrixColumn } from "./type-matrix.ts";

/** Names that have to be quoted, or look like something else. */
const oddNames = [
  ...[
    "t",
    "T",
    "select",
    "a.b",
    "back`tick",
    "it's",
    'say "so"',
    "with space",
    "naïve",
    "日本語",
    "per%cent",
  ],
  ...[
    "a-b",
    "#hash",
    "back\\slash",
    "$1",
    "--dash",
    "/*!50000 x*/",
    "x".repeat(64),
    "1e5",
    "semi;colon",
    "?",
  ],
] as const;

interface WalkColumn {
  readonly name: string;
  readonly of: MatrixColumn;
}

interface WalkTable {
  name: string;
  columns: WalkColumn[];
  /** Columns that the server computes, and others that rows are not written with. */
  readonly others: string[];
  keyed: boolean;
}

export interface WalkOptions {
  readonly seed: number;
  readonly columns: readonly MatrixColumn[];
  /** The word that hides a column; none where the server knows none. */
  readonly invisible: string;
  /** Only what both kinds of servers take, and do in the same way: no conversions to other types. */
  readonly shared: boolean;
}

/** What one step does: statements that belong together, and what is so once the server has taken them all. */
export interface Step {
  readonly statements: readonly string[];
  /** A change of the schema, which commits by itself. */
  readonly schema: boolean;
  done(): void;
}

/** Random tables of any columns with any names, changed and filled by turns. A seed repeats all of it. */
export class SchemaWalk {
  readonly #random: Random;
  readonly #options: WalkOptions;
  readonly #values = new Map<MatrixColumn, readonly string[]>();
  readonly #tables: WalkTable[] = [];
  #names = 0;
  #ids = 0;

  constructor(options: WalkOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  next(): Step {
    const table = this.#tables[this.#random.below(Math.max(1, this.#tables.length))];
    if (table === undefined || (this.#tables.length < 5 && this.#random.below(12) === 0))
      return this.#create();
    return this.#random.below(100) < 14 ? this.#change(table) : this.#write(table);
  }

  /** Always another one, and now and then one that differs by its case only. */
  #name(): string {
    this.#names += 1;
    const odd = oddNames[this.#random.below(oddNames.length)] ?? "t";
    return `${odd.slice(0, 58)}${odd.length > 58 ? "x".repeat(4) : ""}${this.#names}`;
  }

  #column(): WalkColumn {
    const { columns } = this.#options;
    const of = columns[this.#random.below(columns.length)];
    if (of === undefined) throw new Error("there are no columns to pick from");
    return { name: this.#name(), of };
  }

  #create(): Step {
    const columns = Array.from({ length: 1 + this.#random.below(12) }, () => this.#column());
    const table: WalkTable = { name: this.#name(), columns, others: [], keyed: this.#random.below(4) > 0 };
    const key = table.keyed ? "PRIMARY KEY" : this.#random.below(2) === 0 ? "UNIQUE" : "";
    const own = columns.map(({ name, of }) => `${quoted(name)} ${of.definition}`);
    const more =
      this.#random.below(3) === 0 ? [`v_id INT AS (id + 1) ${this.#random.pick(["VIRTUAL", "STORED"])}`] : [];
    if (more.length > 0) table.others.push("v_id");
    const place = this.#random.below(own.length + 1);
    const all = [
      ...own.slice(0, place),
      ...more,
      `id INT ${key} ${key === "" ? "" : "NOT NULL"}`,
      ...own.slice(place),
    ];
    return this.#schema([`CREATE TABLE ${quoted(table.name)} (${all.join(", ")})`], () =>
      this.#tables.push(table),
    );
  }

  #schema(statements: readonly string[], done: () => void): Step {
    return { statements, schema: true, done };
  }

  #change(table: WalkTable): Step {
    const name = quoted(table.name);
    const alter = (what: string, done: () => void = () => undefined): Step =>
      this.#schema([`ALTER TABLE ${name} ${what}`], done);
    const some = table.columns[this.#random.below(Math.max(1, table.columns.length))];
    const where = this.#place(table);
    switch (this.#random.below(20)) {
      case 0:
      case 1:
      case 2: {
        const added = this.#column();
        const hidden = this.#random.below(4) === 0 ? this.#options.invisible : "";
        return alter(`ADD COLUMN ${quoted(added.name)} ${added.of.definition} ${hidden} ${where}`, () =>
          table.columns.push(added),
        );
      }
      case 3:
        return some === undefined || table.columns.length < 2
          ? alter("COMMENT 'short'")
          : alter(`DROP COLUMN ${quoted(some.name)}`, () => remove(table.columns, some));
      case 4: {
        if (some === undefined) return alter("FORCE");
        const renamed = { ...some, name: this.#name() };
        return alter(`CHANGE ${quoted(some.name)} ${quoted(renamed.name)} ${some.of.definition}`, () =>
          replace(table.columns, some, renamed),
        );
      }
      case 5:
        return some === undefined
          ? alter("FORCE")
          : alter(`MODIFY ${quoted(some.name)} ${some.of.definition} ${where}`);
      case 6:
      case 7: {
        if (some === undefined) return alter("FORCE");
        const changed = this.#options.shared ? some : { name: some.name, of: this.#column().of };
        return alter(`MODIFY ${quoted(some.name)} ${changed.of.definition} ${where}`, () =>
          replace(table.columns, some, changed),
        );
      }
      case 8:
        return alter(`CONVERT TO CHARACTER SET ${this.#random.pick(["utf8mb4", "latin1", "utf8mb3"])}`);
      case 9:
        return some === undefined ||
          (this.#options.shared && /text|blob|geometry|point/.test(some.of.definition))
          ? alter("FORCE")
          : alter(
              `ADD ${this.#random.pick(["INDEX", "UNIQUE"])} ${quoted(this.#name())} (${quoted(some.name)})`,
            );
      case 10: {
        const renamed = this.#name();
        const sql = this.#random.below(2) === 0 ? `RENAME TABLE ${name} TO ${quoted(renamed)}` : undefined;
        const done = (): void => void (table.name = renamed);
        return sql === undefined ? alter(`RENAME TO ${quoted(renamed)}`, done) : this.#schema([sql], done);
      }
      case 11: {
        const other = this.#tables.find((one) => one !== table);
        if (other === undefined) return alter("FORCE");
        const swap = `RENAME TABLE ${name} TO \`swap tmp\`, ${quoted(other.name)} TO ${name}, \`swap tmp\` TO ${quoted(other.name)}`;
        return this.#schema([swap], () => ([table.name, other.name] = [other.name, table.name]));
      }
      case 12:
        return this.#schema([`DROP TABLE ${name}`], () => remove(this.#tables, table));
      case 13: {
        // Dropped and made again: the same name, other columns.
        const columns = [this.#column(), this.#column()];
        const own = columns.map((one) => `${quoted(one.name)} ${one.of.definition}`).join(", ");
        return this.#schema(
          [`DROP TABLE ${name}`, `CREATE TABLE ${name} (id INT PRIMARY KEY, ${own})`],
          () => {
            remove(this.#tables, table);
            this.#tables.push({ name: table.name, columns, others: [], keyed: true });
          },
        );
      }
      case 14: {
        const like: WalkTable = {
          ...table,
          name: this.#name(),
          columns: [...table.columns],
          others: [...table.others],
        };
        return this.#schema(
          [
            `CREATE TABLE ${quoted(like.name)} LIKE ${name}`,
            `INSERT INTO ${quoted(like.name)} (id) SELECT id FROM ${name} LIMIT 5`,
          ],
          () => this.#tables.length < 8 && this.#tables.push(like),
        );
      }
      case 15:
        return this.#schema([`TRUNCATE ${name}`], () => undefined);
      case 16:
        return alter(
          table.keyed ? "DROP PRIMARY KEY, ADD INDEX (id)" : "ADD PRIMARY KEY (id)",
          () => (table.keyed = !table.keyed),
        );
      case 17: {
        const generated = `g${this.#ids++}`;
        const how = this.#random.pick(["VIRTUAL", "STORED"]);
        return alter(`ADD COLUMN ${generated} INT AS (id % 7) ${how} ${where}`, () =>
          table.others.push(generated),
        );
      }
      case 18: {
        const [generated] = table.others;
        return generated === undefined
          ? alter(this.#options.shared ? "FORCE" : "PARTITION BY HASH (id) PARTITIONS 3")
          : alter(`DROP COLUMN ${quoted(generated)}`, () => remove(table.others, generated));
      }
      default:
        return this.#schema(
          [`CREATE TABLE ${quoted(this.#name())} AS SELECT * FROM ${name} LIMIT 20`],
          () => undefined,
        );
    }
  }

  #place({ columns }: WalkTable): string {
    const after = columns[this.#random.below(columns.length + 1)];
    if (after === undefined) return this.#random.below(2) === 0 ? "FIRST" : "";
    return this.#random.below(2) === 0 ? `AFTER ${quoted(after.name)}` : "";
  }

  #write(table: WalkTable): Step {
    const name = quoted(table.name);
    const from = this.#random.below(Math.max(1, this.#ids));
    const near = `id BETWEEN ${from} AND ${from + 20}`;
    const rows = (statements: readonly string[]): Step => ({
      statements,
      schema: false,
      done: () => undefined,
    });
    const some = table.columns[this.#random.below(Math.max(1, table.columns.length))];
    switch (this.#random.below(12)) {
      case 0:
        return rows([`DELETE FROM ${name} WHERE ${near}`]);
      case 1:
        return rows([`UPDATE ${name} SET id = id + 1000000 WHERE ${near}`]);
      case 2:
        return rows([
          `UPDATE ${name} SET id = -1 WHERE id = ${from}`,
          `UPDATE ${name} SET id = ${from} WHERE id = ${from + 1}`,
          `UPDATE ${name} SET id = ${from + 1} WHERE id = -1`,
        ]);
      case 3:
      case 4:
      case 5:
        if (some === undefined) return rows([`DELETE FROM ${name} WHERE id = ${from}`]);
        return rows([
          `UPDATE IGNORE ${name} SET ${quoted(some.name)} = ${this.#value(some.of)} WHERE ${near}`,
        ]);
      case 6:
        // Rows without a key that are equal to each other.
        return rows([
          `INSERT IGNORE INTO ${name} (id) VALUES (0), (0), (0)`,
          `DELETE FROM ${name} WHERE id = 0 LIMIT 1`,
        ]);
      default:
        return rows(Array.from({ length: 1 + this.#random.below(4) }, () => this.#insert(table)));
    }
  }

  #insert({ name, columns }: WalkTable): string {
    const rows = Array.from({ length: 1 + this.#random.below(10) }, () => {
      const values = columns.map(({ of }) => this.#value(of));
      return `(${[this.#ids++, ...values].join(", ")})`;
    });
    const names = ["id", ...columns.map((column) => quoted(column.name))];
    return `INSERT IGNORE INTO ${quoted(name)} (${names.join(", ")}) VALUES ${rows.join(", ")}`;
  }

  #value(of: MatrixColumn): string {
    if (this.#random.below(9) === 0) return "NULL";
    const known = this.#values.get(of) ?? [
      ...of.edges,
      ...fc.sample(of.some, { numRuns: 30, seed: this.#options.seed }),
    ];
    this.#values.set(of, known);
    return known[this.#random.below(known.length)] ?? "NULL";
  }
}

function quoted(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function remove<T>(list: T[], one: T): void {
  const place = list.indexOf(one);
  if (place >= 0) list.splice(place, 1);
}

function replace<T>(list: T[], one: T, by: T): void {
  list[list.indexOf(one)] = by;
}
