import type { NamedObject } from "../binlog/statement-names.ts";
import type { Token } from "../binlog/statement-tokens.ts";

/** Where the scan is, for each bracket that is open. */
interface Level {
  /** A list of tables: what follows a comma is one. */
  list: boolean;
  /** A query or a deletion has begun here: its FROM names tables, unlike that of EXTRACT. */
  query: boolean;
  deletes: boolean;
}

/** Names that stand where a statement, or one in its body, names a table, a view or a routine; not those of columns. */
export function referencesIn(tokens: readonly Token[], database: string): readonly NamedObject[] {
  const scan = new Scan(tokens, database);
  scan.run();
  return scan.found;
}

const modifiers = new Set([
  ...["IF", "NOT", "EXISTS", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "QUICK", "INTO", "TABLE"],
  ...["LATERAL", "TEMPORARY", "SELECT", "VALUES", "WITH"],
]);
const afterEvents = new Set(["BEFORE", "AFTER", "OR", "ON", "FOR", "KEY", "INSTEAD"]);
const endsList = new Set([
  ...["WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "SET", "UNION", "EXCEPT", "INTERSECT", "WINDOW"],
  ...["DO", "THEN", "BEGIN", "END", "ELSE", "RETURN", "VALUES", "VALUE", "FETCH", "OFFSET", "RETURNING"],
]);
const sequenceFunctions = new Set(["NEXTVAL", "LASTVAL", "SETVAL"]);
/** They stand where a table does and are none. */
const noTables = new Set(["DUAL", "JSON_TABLE"]);

class Scan {
  readonly found: NamedObject[] = [];
  readonly #tokens: readonly Token[];
  readonly #database: string;
  readonly #levels: Level[] = [fresh()];
  #expected = false;
  #place = 0;

  constructor(tokens: readonly Token[], database: string) {
    this.#tokens = tokens;
    this.#database = database;
  }

  run(): void {
    for (; this.#place < this.#tokens.length; this.#place += 1) {
      const token = this.#tokens[this.#place];
      if (token?.kind === "sign") this.#sign(token.text);
      else if (token?.kind === "word" && this.#keyword(token.text)) continue;
      else if (token?.kind === "word" || token?.kind === "name") this.#named(token);
    }
  }

  get #level(): Level {
    return this.#levels.at(-1) ?? fresh();
  }

  #word(place: number): string {
    const token = this.#tokens[place];
    return token?.kind === "word" ? token.text : "";
  }

  #text(place: number): string {
    return this.#tokens[place]?.text ?? "";
  }

  #sign(sign: string): void {
    if (sign === "(") {
      const sequence = sequenceFunctions.has(this.#word(this.#place - 1));
      this.#levels.push({ ...fresh(), list: this.#expected });
      this.#expected ||= sequence;
      return;
    }
    if (sign === ")" && this.#levels.length > 1) this.#levels.pop();
    if (sign === ";") this.#levels.splice(0, Infinity, fresh());
    this.#expected = sign === "," && this.#level.list;
  }

  /** Whether the word says what comes next, and is no name itself. */
  #keyword(word: string): boolean {
    if (this.#text(this.#place - 1) === "." || this.#text(this.#place + 1) === ".") return false;
    const level = this.#level;
    const before = this.#word(this.#place - 1);
    const next = this.#text(this.#place + 1);
    const begins = (tables: boolean, more: Partial<Level> = {}): true => {
      Object.assign(level, more);
      this.#expected = tables;
      return true;
    };
    if (word === "SELECT") return begins(false, { query: true, list: false });
    if (word === "FROM") return level.query ? begins(true, { list: true }) : false;
    if (word === "JOIN" || (word === "STRAIGHT_JOIN" && level.list)) return begins(true, { list: true });
    if (word === "REFERENCES" || word === "CALL") return begins(true);
    if (word === "FOR") return begins(before === "VALUE", { list: false });
    if (word === "USING") return begins(level.deletes && next !== "(");
    if (word === "TABLE" || word === "TABLES")
      return begins(true, { list: ["DROP", "TEMPORARY", "LOCK"].includes(before) });
    if (word === "TRUNCATE") return begins(!["(", "PARTITION"].includes(next));
    if (endsList.has(word)) return begins(false, { list: false });
    if (afterEvents.has(before)) return ["INSERT", "UPDATE", "DELETE", "REPLACE"].includes(word);
    if (word === "DELETE") return begins(true, { query: true, deletes: true, list: true });
    if (word === "UPDATE") return begins(true, { list: true });
    if (word === "INSERT" || word === "REPLACE") return begins(next !== "(");
    return this.#expected && modifiers.has(word);
  }

  #named(token: Token): void {
    const { name, length } = this.#nameAt(this.#place);
    const called = this.#text(this.#place + length) === "(" && length > 1;
    if ((this.#expected || called) && length <= 3 && !noTables.has(token.text)) this.found.push(name);
    // Of three parts the first is a database wherever they stand.
    if (length === 5) this.found.push({ ...name, length: 3 });
    this.#expected = false;
    this.#place += length - 1;
  }

  /** A name of one to three parts. */
  #nameAt(at: number): { readonly name: NamedObject; readonly length: number } {
    const parts = [writtenAs(this.#tokens[at])];
    while (parts.length < 3 && this.#text(at + 2 * parts.length - 1) === ".")
      parts.push(writtenAs(this.#tokens[at + 2 * parts.length]));
    const [first = "", second] = parts;
    const length = 2 * parts.length - 1;
    const [database, name] = second === undefined ? [this.#database, first] : [first, second];
    return { name: { database, name, at, length }, length };
  }
}

function fresh(): Level {
  return { list: false, query: false, deletes: false };
}

function writtenAs(token: Token | undefined): string {
  return token?.kind === "word" ? token.written : (token?.text ?? "");
}
