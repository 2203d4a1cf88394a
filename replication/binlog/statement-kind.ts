import type { StatementChange } from "../record.ts";
import { unsupported } from "./reader.ts";
import { tokensOf, type Token } from "./statement-tokens.ts";

/** What becomes of a statement: it is carried to the target, or it concerns nothing that is replicated. */
export type StatementKind = "carry" | "pass";

/** ANSI_QUOTES of `sql_mode`. */
const ansiQuotes = 4n;

/** Decides by what a statement does and to which databases. Throws "unsupported-event" for whatever it cannot tell or carry. */
export function statementKind(statement: StatementChange, databases: ReadonlySet<string>): StatementKind {
  const cursor = new Cursor(
    tokensOf(statement.sql, (BigInt(statement.sqlMode) & ansiQuotes) !== 0n),
    statement.database,
  );
  const touched = touchedDatabases(cursor, statement.sql);
  if (touched === "nothing") return "pass";
  const inside = touched.filter((database) => databases.has(database));
  if (inside.length === 0) return "pass";
  if (inside.length === touched.length) return "carry";
  throw refuse(
    statement.sql,
    "it touches databases that are replicated and others that are not",
    "replicate both, or use statements of their own",
  );
}

/** Databases named by the statement, or "nothing" when it changes no data and no schema. */
function touchedDatabases(cursor: Cursor, sql: string): readonly string[] | "nothing" {
  const verb = cursor.word();
  if (harmless.has(verb)) return "nothing";
  const rule = rules[verb];
  if (rule === undefined) throw refuse(sql, "it is none that is known to be safe", byRows);
  return rule(cursor, sql);
}

const byRows =
  "SET GLOBAL binlog_format = ROW, end the sessions that set another one, then make a new first copy";
const harmless = new Set(["GRANT", "REVOKE", "FLUSH", "PURGE", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"]);
const accounts = new Set(["USER", "ROLE"]);
/** What belongs to no database: each server has its own. */
const global = new Set([...accounts, "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE"]);
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

type Rule = (cursor: Cursor, sql: string) => readonly string[] | "nothing";

/** OPTIMIZE TABLE and its like; the same words can stand before a statement that changes rows. */
const maintenance: Rule = (cursor, sql) => {
  if (!cursor.accept("LOCAL")) cursor.accept("NO_WRITE_TO_BINLOG");
  if (["TABLE", "TABLES", "VIEW"].includes(cursor.peek())) return "nothing";
  throw refuse(sql, "it is none that is known to be safe", byRows);
};

const rules: Readonly<Record<string, Rule>> = {
  CREATE: (cursor, sql) => object(cursor, sql),
  ALTER: (cursor, sql) => object(cursor, sql),
  DROP: (cursor, sql) => object(cursor, sql, true),
  TRUNCATE: (cursor) => {
    cursor.accept("TABLE");
    return [cursor.qualified()];
  },
  RENAME: (cursor, sql) => {
    if (accounts.has(cursor.peek())) return "nothing";
    if (!cursor.accept("TABLE") && !cursor.accept("TABLES"))
      throw refuse(sql, "it renames something else", byRows);
    cursor.condition();
    return cursor.list(["TO", ","]);
  },
  SET: (cursor, sql) => {
    if (cursor.accept("STATEMENT")) {
      cursor.skipTo(new Set(["FOR"]));
      return touchedDatabases(cursor, sql);
    }
    if (["PASSWORD", "DEFAULT"].includes(cursor.peek())) return "nothing";
    throw refuse(sql, "it is none that is known to be safe", byRows);
  },
  ...{ ANALYZE: maintenance, OPTIMIZE: maintenance, REPAIR: maintenance, CHECK: maintenance },
};

const objects = new Set([
  ...["TABLE", "DATABASE", "SCHEMA", "INDEX", "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"],
  ...["USER", "ROLE", "SEQUENCE", "PACKAGE", "SERVER", "TABLESPACE", "LOGFILE", "INSTANCE"],
]);

function object(cursor: Cursor, sql: string, dropped = false): readonly string[] | "nothing" {
  const kind = cursor.skipTo(objects);
  if (cursor.sawTemporary || global.has(kind)) return "nothing";
  if (kind === "PACKAGE") cursor.accept("BODY");
  cursor.condition();
  switch (kind) {
    case "DATABASE":
    case "SCHEMA":
      return [databaseWords.has(cursor.peek()) ? cursor.database : (cursor.name() ?? cursor.database)];
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
    case "PROCEDURE":
    case "TRIGGER":
    case "PACKAGE":
      return [cursor.qualified()];
    case "FUNCTION": {
      const database = cursor.qualified();
      // A function out of a library belongs to no database.
      return cursor.skipTo(new Set(["SONAME"])) === "" ? [database] : "nothing";
    }
    default:
      throw refuse(sql, "it is none that is known to be safe", byRows);
  }
}

function refuse(sql: string, problem: string, hint: string): Error {
  // A statement may hold what nobody should read in a log; how it begins tells enough.
  const beginning = sql.trimStart().replaceAll(/\s+/g, " ").slice(0, 40);
  return unsupported(`the statement "${beginning}…" stops the link: ${problem}`, hint);
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

  /** The database of the name that follows. */
  qualified(): string {
    const first = this.name() ?? "";
    if (this.#tokens[this.#place]?.text !== ".") return this.database;
    this.#place += 1;
    this.name();
    return first;
  }

  /** The databases of names with these words or signs between them. */
  list(between: readonly string[]): readonly string[] {
    const databases = [this.qualified()];
    this.#wait();
    while (between.includes(this.#tokens[this.#place]?.text ?? "")) {
      this.#place += 1;
      databases.push(this.qualified());
      this.#wait();
    }
    return databases;
  }

  /** WAIT 5, NOWAIT. */
  #wait(): void {
    if (this.accept("NOWAIT") || !this.accept("WAIT")) return;
    this.#place += 1;
  }

  /** Databases of further tables: RENAME [TO|AS|=] one, LIKE one, EXCHANGE PARTITION … WITH TABLE one, CONVERT … TABLE one. */
  otherTables(): readonly string[] {
    const databases: string[] = this.#likeAnother();
    while (this.#place < this.#tokens.length) {
      const word = this.word();
      if (word === "RENAME" && this.#renamesTable()) databases.push(this.qualified());
      else if (tableFollows.has(word) && this.accept("TABLE")) databases.push(this.qualified());
    }
    return databases;
  }

  #likeAnother(): string[] {
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
