import type { Deed, NamedObject } from "../binlog/statement-names.ts";
import { tokensOf, type Token } from "../binlog/statement-tokens.ts";
import { piecesOf, textOf } from "../foreign/pieces.ts";
import { CannotCut, cutAlter, cutCreate, isHidden, type Cut } from "./cut-columns.ts";
import { byHand, newCopy, orLeaveOut, stop, tableOf, type Read, type Said } from "./said.ts";
import type { Selection } from "./selection.ts";

const tableLike = new Set(["TABLE", "VIEW", "SEQUENCE", "INDEX"]);

export interface Parts extends Read {
  /** Names in the rest of the statement. */
  readonly references: readonly NamedObject[];
}

/** The statement without the columns that stay behind; undefined when nothing of it is left. */
export function withoutColumns(said: Said, parts: Parts, selection: Selection): string | undefined {
  const { deed } = parts;
  const [first] = deed.names;
  if (first === undefined || deed.kind === "DATABASE") return said.sql;
  requireSameColumns(said, deed, selection);
  refuseUses(said, parts, selection);
  if (deed.kind !== "TABLE" && deed.kind !== "INDEX") return said.sql;
  const table = tableOf(first);
  if (selection.hiddenIn(table) === "") return said.sql;
  const hidden = (column: string): boolean => selection.hidesColumn(table, column);
  const bare = textOf(piecesOf(said.sql).map((piece) => (piece.kind === "comment" ? blank : piece)));
  const { sql, empty } = cut({ ...said, sql: bare }, deed, hidden);
  if (empty) return undefined;
  const rest = tokensOf(sql, said.ansi);
  if (rest.some((token, place) => !isType(token) && isHidden(rest, place, hidden))) {
    if (deed.kind === "INDEX" && deed.verb === "CREATE") return undefined;
    throw stop(said, "it names a column that stays behind", byHand);
  }
  return sql;
}

const blank = { kind: "space", text: " " } as const;

function cut(said: Said, { verb, kind, names }: Deed, hidden: (column: string) => boolean): Cut {
  const [first] = names;
  if (first === undefined || kind !== "TABLE") return { sql: said.sql, empty: false };
  const tokens = tokensOf(said.sql, said.ansi);
  try {
    if (verb === "CREATE") return cutCreate(said.sql, tokens, first, hidden);
    if (verb === "ALTER") return cutAlter(said.sql, tokens, first, hidden);
    return { sql: said.sql, empty: false };
  } catch (error) {
    if (error instanceof CannotCut) throw stop(said, error.message, byHand);
    throw error;
  }
}

/** Under another name a table would keep columns that were to stay behind, and a table made like another one would get them. */
function requireSameColumns(said: Said, { kind, verb, names }: Deed, selection: Selection): void {
  if (!tableLike.has(kind) || verb === "DROP") return;
  const lists = names.map((name) => selection.hiddenIn(tableOf(name)));
  const pairs = lists.flatMap((list, place) => {
    const partner = verb === "RENAME" ? lists[place - (place % 2)] : lists[0];
    return list === partner ? [] : [place];
  });
  if (pairs.length > 0 || (verb === "CREATE" && lists.length > 1 && lists[0] !== ""))
    throw stop(said, "of its tables not the same columns stay behind", newCopy);
}

/** Views, programs and foreign keys that need a column which the target does not have. */
function refuseUses(said: Said, { tokens, deed, references }: Parts, selection: Selection): void {
  const bodies = deed.kind === "TABLE" ? [] : deed.kind === "TRIGGER" ? deed.names.slice(1) : [];
  for (const name of [...references, ...bodies]) {
    const table = tableOf(name);
    if (selection.hiddenIn(table) === "") continue;
    const named = tokens.some(
      (token, place) =>
        !isType(token) && isHidden(tokens, place, (column) => selection.hidesColumn(table, column)),
    );
    if (!named) continue;
    throw stop(
      said,
      `it needs a column of ${table.database}.${table.table} that stays behind`,
      orLeaveOut(deed),
    );
  }
}

/** Words that mean themselves more often than a column: what is about a column of such a name is found by its place. */
function isType({ kind, text }: Token): boolean {
  return kind === "word" && types.has(text);
}

const types = new Set([
  ...["COMMENT", "DATE", "TIME", "TIMESTAMP", "DATETIME", "YEAR", "TEXT", "JSON", "UUID", "POINT", "KEY"],
  ...["INDEX", "DATA", "VALUE", "STATUS", "TYPE", "POSITION", "LANGUAGE", "PASSWORD", "USER"],
]);
