import { HotsiteError } from "../../core/errors.ts";
import type { Token } from "./statement-tokens.ts";

/** A table, a view, a program or a database that a statement names as what it changes or needs. */
export interface NamedObject {
  readonly database: string;
  /** Empty of a database. */
  readonly name: string;
  /** Place of its first token; -1 of the session's own database, which is not written. */
  readonly at: number;
  /** How many tokens it takes: three with its database. */
  readonly length: number;
}

/** What a statement does, to what. */
export interface Deed {
  readonly verb: string;
  /** `TABLE`, `INDEX`, `TRIGGER`… */
  readonly kind: string;
  /** Of an index its table; of RENAME TABLE old and new names by turns; first what is made, changed or dropped, then tables that this needs. */
  readonly names: readonly NamedObject[];
}

/** What the statement does, or "nothing" when it changes no data and no schema. Throws "unsupported-event" for whatever it cannot tell. */
export function deedOf(sql: string, tokens: readonly Token[], database: string): Deed | "nothing" {
  return deed(new Cursor(tokens, database), sql);
}

function deed(cursor: Cursor, sql: string): Deed | "nothing" {
  const verb = cursor.word();
  if (harmless.has(verb)) return "nothing";
  const rule = rules[verb];
  if (rule === undefined) throw refuse(sql, "it is none that is known to be safe", byRows);
  return rule(cursor, sql);
}

const byRows =
  "SET GLOBAL binlog_format = ROW, end the sessions that set another one, then make a new first copy; or skip it when it changes nothing that is replicated: hotsite replication skip";
const harmless = new Set(["GRANT", "REVOKE", "FLUSH", "PURGE", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"]);
const accounts = new Set(["USER", "ROLE"]);
/** What belongs to no database: each server has its own. */
const global = new Set([...accounts, "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE", "REFERENCE"]);
/** Behind ALTER DATABASE they say that it is the session's own. */
const databaseWords = new Set([
  "CHARACTER",
  "CHARSET",
  "COLLATE",
  "DEFAULT",
  "COMMENT",
  "ENCRYPTION",
  "READ",
]);

type Rule = (cursor: Cursor, sql: string) => Deed | "nothing";

/** OPTIMIZE TABLE and its like; the same words can stand before a statement that changes rows. */
const maintenance: Rule = (cursor, sql) => {
  if (!cursor.accept("LOCAL")) cursor.accept("NO_WRITE_TO_BINLOG");
  if (["TABLE", "TABLES", "VIEW"].includes(cursor.peek())) return "nothing";
  throw refuse(sql, "it is none that is known to be safe", byRows);
};

const rules: Readonly<Record<string, Rule>> = {
  CREATE: (cursor, sql) => object("CREATE", cursor, sql),
  ALTER: (cursor, sql) => object("ALTER", cursor, sql),
  DROP: (cursor, sql) => object("DROP", cursor, sql),
  TRUNCATE: (cursor) => {
    cursor.accept("TABLE");
    return { verb: "TRUNCATE", kind: "TABLE", names: [cursor.qualified()] };
  },
  RENAME: (cursor, sql) => {
    if (accounts.has(cursor.peek())) return "nothing";
    if (!cursor.accept("TABLE") && !cursor.accept("TABLES"))
      throw refuse(sql, "it renames something else", byRows);
    cursor.condition();
    return { verb: "RENAME", kind: "TABLE", names: cursor.list(["TO", ","]) };
  },
  SET: (cursor, sql) => {
    if (cursor.accept("STATEMENT")) {
      cursor.skipTo(new Set(["FOR"]));
      return deed(cursor, sql);
    }
    if (["PASSWORD", "DEFAULT"].includes(cursor.peek())) return "nothing";
    throw refuse(sql, "it is none that is known to be safe", byRows);
  },
  ...{ ANALYZE: maintenance, OPTIMIZE: maintenance, REPAIR: maintenance, CHECK: maintenance },
};

const objects = new Set([
  ...["TABLE", "DATABASE", "SCHEMA", "INDEX", "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"],
  ...["USER", "ROLE", "SEQUENCE", "PACKAGE", "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE"],
  // SPATIAL REFERENCE SYSTEM
  "REFERENCE",
]);

function object(verb: string, cursor: Cursor, sql: string): Deed | "nothing" {
  const kind = cursor.skipTo(objects);
  if (cursor.sawTemporary || global.has(kind)) return "nothing";
  if (kind === "PACKAGE") cursor.accept("BODY");
  cursor.condition();
  const names = namesOf(kind, verb === "DROP", cursor);
  if (names === undefined) throw refuse(sql, "it is none that is known to be safe", byRows);
  return names === "nothing" ? names : { verb, kind: kind === "SCHEMA" ? "DATABASE" : kind, names };
}

function namesOf(kind: string, dropped: boolean, cursor: Cursor): Deed["names"] | "nothing" | undefined {
  switch (kind) {
    case "DATABASE":
    case "SCHEMA":
      return [cursor.databaseName()];
    case "TABLE":
      return dropped ? cursor.list([","]) : [cursor.qualified(), ...cursor.otherTables()];
    case "VIEW":
    case "SEQUENCE":
      return dropped ? cursor.list([","]) : [cursor.qualified()];
    case "INDEX":
      cursor.skipTo(new Set(["ON"]));
      return [cursor.qualified()];
    case "EVENT":
      return [cursor.qualified(), ...cursor.otherTables()];
    case "TRIGGER":
      return dropped ? [cursor.qualified()] : [cursor.qualified(), ...cursor.tableOfTrigger()];
    case "PROCEDURE":
    case "PACKAGE":
      return [cursor.qualified()];
    case "FUNCTION": {
      const name = cursor.qualified();
      // A function out of a library belongs to no database.
      return cursor.skipTo(new Set(["SONAME"])) === "" ? [name] : "nothing";
    }
    default:
      return undefined;
  }
}

/** A statement that stops the link. Its details have the problem alone. */
export function refuse(sql: string, problem: string, hint: string): HotsiteError {
  // A statement may hold what nobody should read in a log; how it begins, without values, tells enough.
  const beginning = sql
    .trimStart()
    .replace(/\b(DEFINER|ALGORITHM)\s*=\s*\S+\s*/gi, "")
    .replaceAll(/\s+/g, " ")
    .slice(0, 40)
    .replace(/ ?['"=].*|\b\d.*/, "");
  const message = `the statement "${beginning}…" stops the link: ${problem}`;
  return new HotsiteError("unsupported-event", message, { hint, details: { problem } });
}

/** Walks the tokens of one statement. */
class Cursor {
  readonly database: string;
  sawTemporary = false;
  readonly #tokens: readonly Token[];
  #place = 0;

  constructor(tokens: readonly Token[], database: string) {
    this.#tokens = tokens;
    this.database = database;
  }

  /** The next word, in upper case; empty when something else follows. */
  peek(): string {
    const token = this.#tokens[this.#place];
    return token?.kind === "word" ? token.text : "";
  }

  word(): string {
    const word = this.peek();
    this.#place += 1;
    return word;
  }

  accept(word: string): boolean {
    if (this.peek() !== word) return false;
    this.#place += 1;
    return true;
  }

  /** Passes over modifiers to the first of `words`, and over it. Empty when there is none. */
  skipTo(words: ReadonlySet<string>): string {
    while (this.#place < this.#tokens.length) {
      const word = this.word();
      if (word === "TEMPORARY") this.sawTemporary = true;
      if (words.has(word)) return word;
    }
    return "";
  }

  /** IF EXISTS, IF NOT EXISTS. */
  condition(): void {
    if (!this.accept("IF")) return;
    this.accept("NOT");
    this.accept("EXISTS");
  }

  name(): string | undefined {
    const token = this.#tokens[this.#place];
    if (token === undefined || token.kind === "sign" || token.kind === "string") return undefined;
    this.#place += 1;
    return token.kind === "word" ? token.written : token.text;
  }

  /** The database that follows, or the session's own. */
  databaseName(): NamedObject {
    const at = this.#place;
    const written = databaseWords.has(this.peek()) ? undefined : this.name();
    if (written === undefined) return { database: this.database, name: "", at: -1, length: 0 };
    return { database: written, name: "", at, length: 1 };
  }

  /** The name that follows, with its database. */
  qualified(): NamedObject {
    const at = this.#place;
    const first = this.name() ?? "";
    if (this.#tokens[this.#place]?.text !== ".")
      return { database: this.database, name: first, at, length: 1 };
    this.#place += 1;
    return { database: first, name: this.name() ?? "", at, length: 3 };
  }

  /** Names with these words or signs between them. */
  list(between: readonly string[]): readonly NamedObject[] {
    const names = [this.qualified()];
    this.#wait();
    while (between.includes(this.#tokens[this.#place]?.text ?? "")) {
      this.#place += 1;
      names.push(this.qualified());
      this.#wait();
    }
    return names;
  }

  /** WAIT 5, NOWAIT. */
  #wait(): void {
    if (this.accept("NOWAIT") || !this.accept("WAIT")) return;
    this.#place += 1;
  }

  /** Further tables: RENAME [TO|AS|=] one, LIKE one, EXCHANGE PARTITION … WITH TABLE one, CONVERT … TABLE one. */
  otherTables(): readonly NamedObject[] {
    const names: NamedObject[] = this.#likeAnother();
    while (this.#place < this.#tokens.length) {
      const word = this.word();
      if (word === "RENAME" && this.#renamesTable()) names.push(this.qualified());
      else if (tableFollows.has(word) && this.accept("TABLE")) names.push(this.qualified());
    }
    return names;
  }

  /** BEFORE INSERT ON table. */
  tableOfTrigger(): readonly NamedObject[] {
    return this.skipTo(new Set(["ON"])) === "" ? [] : [this.qualified()];
  }

  #likeAnother(): NamedObject[] {
    if (this.#tokens[this.#place]?.text === "(") this.#place += 1;
    return this.accept("LIKE") ? [this.qualified()] : [];
  }

  /** Columns and indexes are renamed as well. */
  #renamesTable(): boolean {
    if (["COLUMN", "INDEX", "KEY"].includes(this.peek())) return false;
    if (this.#tokens[this.#place]?.text === "=") this.#place += 1;
    else if (!this.accept("TO")) this.accept("AS");
    return true;
  }
}

const tableFollows = new Set(["WITH", "TO", "CONVERT"]);
