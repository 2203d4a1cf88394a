import type { NamedObject } from "./binlog/statement-names.ts";
import { deedOf } from "./binlog/statement-names.ts";
import { tokensOf, type Token } from "./binlog/statement-tokens.ts";

/** What each server, session or moment answers in its own way. */
const functions = new Set([
  ...["UUID", "UUID_SHORT", "UUID_V4", "UUID_V7", "SYS_GUID", "RAND", "RANDOM_BYTES", "SYSDATE"],
  ...["USER", "SESSION_USER", "SYSTEM_USER", "CURRENT_ROLE", "CONNECTION_ID", "VERSION"],
  ...["NEXTVAL", "LASTVAL", "LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS"],
]);
/** The same, without brackets behind them. */
const words = new Set(["CURRENT_USER", "CURRENT_ROLE", "NEXT", "PREVIOUS"]);

/**
 * The table to which the statement adds a column whose default gives rows that are there already values of the source's own, as `UUID()` does.
 * MySQL refuses such a statement; of a MariaDB the binlog has no word of those values.
 */
export function filledByItself(sql: string, ansiQuotes: boolean, database: string): NamedObject | undefined {
  // Most statements have no such word: nothing else of them is looked at.
  if (!/\bADD\b[^]*\bDEFAULT\b/i.test(sql)) return undefined;
  const tokens = tokensOf(sql, ansiQuotes);
  const deed = deedOf(sql, tokens, database);
  if (deed === "nothing" || deed.verb !== "ALTER" || deed.kind !== "TABLE") return undefined;
  return addedDefaults(tokens).some(isOwn) ? deed.names[0] : undefined;
}

/** The default of each column that is added. */
function addedDefaults(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const found: (readonly Token[])[] = [];
  let adds = false;
  for (let place = 0, depth = 0; place < tokens.length; place += 1) {
    const { kind = "sign", text = "" } = tokens[place] ?? {};
    if (kind === "sign") depth += text === "(" ? 1 : text === ")" ? -1 : 0;
    if (depth === 0 && text === "," && kind === "sign") adds = false;
    if (kind !== "word") continue;
    if (depth === 0 && text === "ADD") adds = true;
    if (adds && text === "DEFAULT") found.push(valueAt(tokens, place + 1));
  }
  return found;
}

/** A value: a word, with the brackets behind it, or brackets alone. */
function valueAt(tokens: readonly Token[], start: number): readonly Token[] {
  let depth = 0;
  for (let place = start; place < tokens.length; place += 1) {
    const [token, next] = [tokens[place], tokens[place + 1]];
    if (isSign(token, "(")) depth += 1;
    if (isSign(token, ")")) depth -= 1;
    if (depth <= 0 && !isSign(next, "(")) return tokens.slice(start, place + 1);
  }
  return tokens.slice(start);
}

function isOwn(value: readonly Token[]): boolean {
  return value.some(({ kind, text }, place) => {
    if (kind !== "word") return false;
    return words.has(text) || text.startsWith("@@") || (functions.has(text) && isSign(value[place + 1], "("));
  });
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === "sign" && token.text === sign;
}
