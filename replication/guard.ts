import { tokensOf, type Token } from "./binlog/statement-tokens.ts";

/** An applier's session sets it: what triggers do has happened at the source, and arrives as rows. */
const unlessApplied = "@hotsite_applies IS NULL";
/** A standby is read-only; what events do arrives from the primary. */
const unlessStandby = "@@GLOBAL.read_only = 0";

/**
 * The definition of a trigger or event such that it does nothing where a link writes, and all it should after a promotion, without anything
 * having to be done then. Any other statement, and a definition that is guarded already, is given as it is.
 */
export function guarded(sql: string, ansiQuotes: boolean): string {
  const tokens = tokensOf(sql, ansiQuotes);
  const kind = kindOf(tokens);
  const body = kind === undefined ? undefined : bodyOf(tokens, kind);
  if (kind === undefined || body === undefined) return sql;
  const condition = kind === "TRIGGER" ? unlessApplied : unlessStandby;
  const text = sql.slice(body);
  if (text.startsWith(opening(condition))) return sql;
  // A comment may end the definition.
  return `${sql.slice(0, body)}${opening(condition)}${text}\n; END IF; END`;
}

/** Whether the statement makes an event, or changes one. */
export function isOfEvent(sql: string, ansiQuotes: boolean): boolean {
  return kindOf(tokensOf(sql, ansiQuotes)) === "EVENT";
}

/** Whether a body, as the server's catalogue tells it, is guarded. */
export function isGuarded(body: string): boolean {
  return [unlessApplied, unlessStandby].some((condition) => body.startsWith(opening(condition)));
}

function opening(condition: string): string {
  return `BEGIN IF ${condition} THEN `;
}

type Kind = "TRIGGER" | "EVENT";

const objects = new Set([
  "TABLE",
  "VIEW",
  "PROCEDURE",
  "FUNCTION",
  "PACKAGE",
  "DATABASE",
  "SCHEMA",
  "INDEX",
  "SEQUENCE",
]);

function kindOf(tokens: readonly Token[]): Kind | undefined {
  if (!["CREATE", "ALTER"].includes(wordAt(tokens, 0))) return undefined;
  for (const { kind, text } of tokens) {
    if (kind === "word" && objects.has(text)) return undefined;
    if (kind !== "word") continue;
    if (text === "TRIGGER" || text === "EVENT") return text;
  }
  return undefined;
}

/** Where what is done begins. */
function bodyOf(tokens: readonly Token[], kind: Kind): number | undefined {
  for (let place = 0; place < tokens.length; place += 1) {
    if (kind === "EVENT" && wordAt(tokens, place) === "DO") return tokens[place + 1]?.start;
    if (kind !== "TRIGGER" || wordAt(tokens, place) !== "FOR" || wordAt(tokens, place + 1) !== "EACH")
      continue;
    const ordered = ["FOLLOWS", "PRECEDES"].includes(wordAt(tokens, place + 3));
    return tokens[place + (ordered ? 5 : 3)]?.start;
  }
  return undefined;
}

function wordAt(tokens: readonly Token[], place: number): string {
  const token = tokens[place];
  return token?.kind === "word" ? token.text : "";
}
