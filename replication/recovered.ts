import {
  formatPosition,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
} from "../core/position.ts";
import { tokensOf } from "./binlog/statement-tokens.ts";
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
 * Of several tables some may be dropped already.
 */
export function leftOf(sql: string, ansiQuotes: boolean, recovery: Recovery | undefined): string | undefined {
  if (recovery === undefined) return sql;
  if (recovery.statements.includes(sql)) return undefined;
  return withIfExists(sql, ansiQuotes);
}

/** `DROP TEMPORARY TABLE a, b` → `DROP TEMPORARY TABLE IF EXISTS a, b`. Other statements are given as they are. */
function withIfExists(sql: string, ansiQuotes: boolean): string {
  const tokens = tokensOf(sql, ansiQuotes, 5);
  const words = tokens.map(({ kind, text }) => (kind === "word" ? text : "")).join(" ");
  const opening = dropping.exec(words)?.[0];
  const name = tokens[opening?.split(" ").length ?? -1];
  return name === undefined ? sql : `${sql.slice(0, name.start)}IF EXISTS ${sql.slice(name.start)}`;
}

const dropping =
  /^DROP (TEMPORARY )?(TABLE|VIEW|TRIGGER|SEQUENCE|DATABASE|SCHEMA|PROCEDURE|FUNCTION|EVENT|PACKAGE( BODY)?)\b(?! IF )/;

/** The place of the new binlog within everything that others have written. */
function withoutOrigin(position: GtidPosition, origin: ServerFacts["origin"]): string {
  return formatPosition(subtractPosition(position, ofOrigin(position, origin)));
}

/** The event tells the default database before the statement. */
function statementIn(info: string): string {
  return info.replace(/^use `(?:[^`]|``)*`; /, "");
}
