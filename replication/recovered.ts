import {
  formatPosition,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
} from "../core/position.ts";
import { tokensOf, type Token } from "./binlog/statement-tokens.ts";
import type { ServerFacts } from "./checkpoint.ts";
import { quoteString } from "./literal.ts";
import type { Target } from "./target.ts";

/**
 * A MariaDB that is killed in the midst of a schema change may finish it when it starts again. It then writes the statement to its new
 * binlog as one of its own: the GTID that the session had asked for is gone. Before any client is let in, so these statements come first.
 */
export interface Recovery {
  /** What the server finished by itself. */
  readonly statements: readonly string[];
}

interface Event {
  readonly Event_type: string;
  readonly Info: string;
}

/** What the server did when it started after everything that it has was written; undefined when it did not start since. */
export async function recoveryOf(
  target: Target,
  { origin, position }: ServerFacts,
): Promise<Recovery | undefined> {
  if (target.version.flavour !== "mariadb") return undefined;
  const files = await target.rows<{ Log_name: string }>("SHOW BINARY LOGS");
  const others = (text: string): string => withoutOrigin(parsePosition(text), origin);
  const found: string[][] = [];
  for (const { Log_name: name } of [...files].reverse()) {
    const events = await target.rows<Event>(`SHOW BINLOG EVENTS IN ${quoteString(name)} LIMIT ${manyEvents}`);
    const list = events.find(({ Event_type }) => Event_type === "Gtid_list")?.Info ?? "[]";
    if (others(list.slice(1, -1)) !== others(position)) break;
    found.push(
      events.filter(({ Event_type }) => Event_type === "Query").map(({ Info }) => statementIn(Info)),
    );
  }
  return found.length === 0 ? undefined : { statements: found.flat() };
}

/** Recovery comes before any client, and each of its statements is two events. */
const manyEvents = 200;

/**
 * What is left to be run of a statement that may have been under way when the server ended; undefined when the server has finished it.
 * Some of it may be done already, and not written to the binlog.
 */
export function leftOf(sql: string, ansiQuotes: boolean, recovery: Recovery | undefined): string | undefined {
  if (recovery === undefined) return sql;
  if (recovery.statements.includes(sql)) return undefined;
  return passingOverDone(sql, ansiQuotes);
}

/** `DROP TABLE a, b` → `DROP TABLE IF EXISTS a, b`. What the server undoes when it was not finished is given as it is. */
function passingOverDone(sql: string, ansiQuotes: boolean): string {
  const { verb, next, object, name } = partsOf(sql, ansiQuotes);
  const within = (place: Token, words: string): string =>
    `${sql.slice(0, place.start)}${words} ${sql.slice(place.start)}`;
  if (next === undefined || name === undefined || isWord(name, "IF") || isWord(next, "OR")) return sql;
  if (verb === "DROP" && object !== "INDEX") return within(name, "IF EXISTS");
  if (verb === "CREATE" && databases.has(object)) return within(name, "IF NOT EXISTS");
  return verb === "CREATE" && programs.has(object) ? within(next, "OR REPLACE") : sql;
}

/** A statement on what the server keeps in tables that reach the disk later than its binlog, so that a crash may lose it. */
export function isOfProgram(sql: string, ansiQuotes: boolean): boolean {
  const { verb, object } = partsOf(sql, ansiQuotes);
  return ["CREATE", "ALTER", "DROP"].includes(verb) && programs.has(object);
}

const databases = new Set(["DATABASE", "SCHEMA"]);
const programs = new Set(["PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"]);
const objects = new Set([...programs, ...databases, "TABLE", "VIEW", "TRIGGER", "SEQUENCE", "INDEX"]);

interface Parts {
  readonly verb: string;
  /** What follows the verb. */
  readonly next: Token | undefined;
  readonly object: string;
  /** What follows the kind of object. */
  readonly name: Token | undefined;
}

/** A definer may stand before the kind of object. */
function partsOf(sql: string, ansiQuotes: boolean): Parts {
  const tokens = tokensOf(sql, ansiQuotes, 16);
  const place = tokens.findIndex(({ kind, text }) => kind === "word" && objects.has(text));
  const body = isWord(tokens[place + 1], "BODY");
  return {
    verb: tokens[0]?.text ?? "",
    next: tokens[1],
    object: tokens[place]?.text ?? "",
    name: tokens[place + (body ? 2 : 1)],
  };
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}

/** The place of the new binlog within everything that others have written. */
function withoutOrigin(position: GtidPosition, origin: ServerFacts["origin"]): string {
  return formatPosition(subtractPosition(position, ofOrigin(position, origin)));
}

/** The event tells the default database before the statement. */
function statementIn(info: string): string {
  return info.replace(/^use `(?:[^`]|``)*`; /, "");
}
