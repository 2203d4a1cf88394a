import { tokensOf } from "./binlog/statement-tokens.ts";
import { quoteName } from "./literal.ts";
import type { StatementChange } from "./record.ts";

/** The first word of these comes right behind the definer. */
const definedWords = new Set([
  "SQL",
  "VIEW",
  "TRIGGER",
  "PROCEDURE",
  "FUNCTION",
  "AGGREGATE",
  "EVENT",
  "PACKAGE",
]);
const otherObjects = new Set(["TABLE", "DATABASE", "SCHEMA", "INDEX", "SEQUENCE", "USER", "ROLE", "SERVER"]);

/** Whoever makes a program or a view without saying whose it is becomes its definer: here that is who did it at the source. */
export function withDefiner({ sql, sqlMode, invoker }: StatementChange): string {
  if (invoker === undefined) return sql;
  const tokens = tokensOf(sql, hasAnsiQuotes(sqlMode));
  if (!["CREATE", "ALTER"].includes(tokens[0]?.text ?? "")) return sql;
  for (const { kind, text, start } of tokens) {
    if (kind !== "word") continue;
    if (text === "DEFINER" || otherObjects.has(text)) return sql;
    if (!definedWords.has(text)) continue;
    // Routines that are only altered keep their definer, and cannot be given one.
    if (tokens[0]?.text === "ALTER" && text !== "EVENT" && text !== "VIEW" && text !== "SQL") return sql;
    return `${sql.slice(0, start)}DEFINER=${quoteName(invoker.user)}@${quoteName(invoker.host)} ${sql.slice(start)}`;
  }
  return sql;
}

/** ANSI_QUOTES of `sql_mode`. */
const ansiQuotes = 4n;

export function hasAnsiQuotes(sqlMode: number | bigint): boolean {
  return (BigInt(sqlMode) & ansiQuotes) !== 0n;
}
