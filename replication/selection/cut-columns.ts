import type { NamedObject } from "../binlog/statement-names.ts";
import type { Token } from "../binlog/statement-tokens.ts";
import { splitAtCommas, type Stretch } from "./stretches.ts";

/** Says whether a column of the statement's table stays behind. */
export type IsHidden = (column: string) => boolean;

/** What cannot be cut out of a statement: why. */
export class CannotCut extends Error {}

/** The items or clauses that are left; as it was when nothing of it has to go. */
export interface Cut {
  readonly sql: string;
  /** Nothing is left to do. */
  readonly empty: boolean;
}

/** A CREATE TABLE without the columns that stay behind, and without indexes and checks that need them. Throws `CannotCut`. */
export function cutCreate(
  sql: string,
  tokens: readonly Token[],
  subject: NamedObject,
  hidden: IsHidden,
): Cut {
  const open = tokens.findIndex(({ text }, place) => place >= subject.at + subject.length && text === "(");
  if (open === -1) return { sql, empty: false };
  const { items, close } = splitAtCommas(tokens, open + 1);
  const kept = items.filter((item) => !isCutItem(tokens, item, hidden));
  if (kept.length === items.length) return { sql, empty: false };
  if (!kept.some((item) => isColumn(tokens, item.from)))
    throw new CannotCut("no column of the table would be left");
  return { sql: joined(sql, tokens, { kept, from: open + 1, to: close }), empty: false };
}

/** An ALTER TABLE of which only the clauses are left that concern other columns. Throws `CannotCut`. */
export function cutAlter(sql: string, tokens: readonly Token[], subject: NamedObject, hidden: IsHidden): Cut {
  const from = afterWait(tokens, subject.at + subject.length);
  const { items, close } = splitAtCommas(tokens, from);
  const texts = items.map((clause) => clauseText(sql, tokens, clause, hidden));
  const kept = texts.filter((text) => text !== undefined);
  if (items.every((clause, place) => texts[place] === textOf(sql, tokens, clause)))
    return { sql, empty: false };
  if (kept.length === 0) return { sql: "", empty: true };
  const [start, end] = [tokens[from]?.start ?? sql.length, tokens[close - 1]?.end ?? sql.length];
  return { sql: sql.slice(0, start) + kept.join(", ") + sql.slice(end), empty: false };
}

/** Undefined when nothing of it is left. */
function clauseText(
  sql: string,
  tokens: readonly Token[],
  clause: Stretch,
  hidden: IsHidden,
): string | undefined {
  const whole = textOf(sql, tokens, clause);
  const verb = wordAt(tokens, clause.from);
  const [place, isOfColumn] = columnPlace(tokens, clause.from + 1);
  const goes = isOfColumn && isHidden(tokens, place, hidden);
  switch (verb) {
    case "ADD":
      if (tokens[place]?.text === "(") return listText(sql, tokens, { clause, open: place }, hidden);
      if (!isCutItem(tokens, { from: place, to: clause.to }, hidden)) return whole;
      break;
    case "CHANGE":
    case "RENAME": {
      if (verb === "RENAME" && wordAt(tokens, clause.from + 1) !== "COLUMN") return whole;
      const next = verb === "RENAME" ? place + 2 : place + 1;
      if (goes !== isHidden(tokens, next, hidden))
        throw new CannotCut("it renames a column that stays behind, or to such a one");
      if (!goes) return whole;
      break;
    }
    default:
      if (!(["DROP", "MODIFY", "ALTER"].includes(verb) && goes)) return whole;
  }
  if (hasWord(tokens, clause, "PARTITION")) throw new CannotCut("it also says how the table is partitioned");
  return undefined;
}

/** ADD (a INT, b INT). */
function listText(
  sql: string,
  tokens: readonly Token[],
  { clause, open }: { readonly clause: Stretch; readonly open: number },
  hidden: IsHidden,
): string | undefined {
  const { items, close } = splitAtCommas(tokens, open + 1);
  const kept = items.filter((item) => !isCutItem(tokens, item, hidden));
  if (kept.length === items.length) return textOf(sql, tokens, clause);
  if (kept.length === 0) return undefined;
  const head = sql.slice(tokens[clause.from]?.start, tokens[open]?.end);
  const tail = sql.slice(tokens[close]?.start, tokens[clause.to - 1]?.end);
  return head + kept.map((item) => textOf(sql, tokens, item)).join(", ") + tail;
}

/** Whether a column's definition, an index or a check goes. Throws `CannotCut` for a key that the target needs. */
function isCutItem(tokens: readonly Token[], item: Stretch, hidden: IsHidden): boolean {
  if (isColumn(tokens, item.from)) {
    if (!isHidden(tokens, item.from, hidden)) return false;
    if (hasWord(tokens, item, "PRIMARY"))
      throw new CannotCut("the primary key has a column that stays behind");
    if (hasWord(tokens, item, "REFERENCES"))
      throw new CannotCut("a foreign key has a column that stays behind");
    return true;
  }
  if (!names(tokens, item, hidden)) return false;
  if (hasWord(tokens, item, "PRIMARY")) throw new CannotCut("the primary key has a column that stays behind");
  if (hasWord(tokens, item, "FOREIGN")) throw new CannotCut("a foreign key has a column that stays behind");
  if (hasWord(tokens, item, "PARTITION"))
    throw new CannotCut("it is partitioned by a column that stays behind");
  return true;
}

const itemWords = new Set([
  ...["PRIMARY", "KEY", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "CONSTRAINT", "FOREIGN", "CHECK"],
  ...["PERIOD", "PARTITION", "SYSTEM"],
]);

function isColumn(tokens: readonly Token[], place: number): boolean {
  return !itemWords.has(wordAt(tokens, place));
}

/** Place of the column that a clause of ALTER TABLE is about, behind its first word; and whether it is about one. */
function columnPlace(tokens: readonly Token[], from: number): readonly [number, boolean] {
  let place = from;
  if (wordAt(tokens, place) === "COLUMN") place += 1;
  else if (itemWords.has(wordAt(tokens, place))) return [place, false];
  if (wordAt(tokens, place) === "IF")
    while (["IF", "NOT", "EXISTS"].includes(wordAt(tokens, place))) place += 1;
  return [place, true];
}

/** WAIT 5 and NOWAIT stand before the first clause. */
function afterWait(tokens: readonly Token[], from: number): number {
  if (wordAt(tokens, from) === "WAIT") return from + 2;
  return wordAt(tokens, from) === "NOWAIT" ? from + 1 : from;
}

function names(tokens: readonly Token[], { from, to }: Stretch, hidden: IsHidden): boolean {
  for (let place = from + 1; place < to; place += 1) if (isHidden(tokens, place, hidden)) return true;
  return false;
}

/** Whether a token is the name of a column that stays behind. */
export function isHidden(tokens: readonly Token[], place: number, hidden: IsHidden): boolean {
  const token = tokens[place];
  if (token === undefined || token.kind === "sign" || token.kind === "string") return false;
  return hidden(token.kind === "word" ? token.written : token.text);
}

function hasWord(tokens: readonly Token[], { from, to }: Stretch, word: string): boolean {
  return tokens.slice(from, to).some(({ kind, text }) => kind === "word" && text === word);
}

function wordAt(tokens: readonly Token[], place: number): string {
  const token = tokens[place];
  return token?.kind === "word" ? token.text : "";
}

function textOf(sql: string, tokens: readonly Token[], { from, to }: Stretch): string {
  return sql.slice(tokens[from]?.start, tokens[to - 1]?.end);
}

function joined(
  sql: string,
  tokens: readonly Token[],
  { kept, from, to }: { readonly kept: readonly Stretch[]; readonly from: number; readonly to: number },
): string {
  const [start, end] = [tokens[from]?.start ?? sql.length, tokens[to]?.start ?? sql.length];
  return sql.slice(0, start) + kept.map((item) => textOf(sql, tokens, item)).join(",\n  ") + sql.slice(end);
}
