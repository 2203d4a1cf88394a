import type { Deed, NamedObject } from "../binlog/statement-names.ts";
import type { Token } from "../binlog/statement-tokens.ts";
import { hasAnsiQuotes } from "../definer.ts";
import type { SchemaStatement, StatementChange } from "../record.ts";
import { edited } from "./edit.ts";
import { withoutColumns } from "./hidden-columns.ts";
import { isLeftOut, keptNames } from "./kept-names.ts";
import { referencesIn } from "./references.ts";
import { renameEdits } from "./renamed.ts";
import { byHand, orLeaveOut, readStatement, stop, type Said } from "./said.ts";
import type { Selection } from "./selection.ts";

/** A statement that is carried, as the target is told it; undefined when nothing of it is. Throws "unsupported-event" for what cannot be told. */
export function selectedStatement(
  change: StatementChange,
  selection: Selection,
): StatementChange | undefined {
  if (!selection.filters && !selection.renames) return change;
  const modes = { ansi: hasAnsiQuotes(change.sqlMode), literal: hasLiteralBackslashes(change.sqlMode) };
  const sql = selectedText({ ...change, ...modes }, selection);
  return sql === undefined
    ? undefined
    : { ...change, sql, database: selection.nameAtTarget(change.database) };
}

/** The same for a part of a first copy. */
export function selectedSchema(
  statement: SchemaStatement,
  selection: Selection,
): SchemaStatement | undefined {
  if (!selection.filters && !selection.renames) return statement;
  const { database, drop } = statement;
  const modes = {
    ansi: statement.sqlMode.includes("ANSI_QUOTES"),
    literal: statement.sqlMode.includes("NO_BACKSLASH_ESCAPES"),
  };
  const told = (sql: string): string | undefined => selectedText({ sql, database, ...modes }, selection);
  const sql = told(statement.sql);
  if (sql === undefined) return undefined;
  const made = { ...statement, sql, database: selection.nameAtTarget(database) };
  return drop === undefined ? made : { ...made, drop: told(drop) ?? drop };
}

const literalBackslashes = 1n << 20n;

function hasLiteralBackslashes(sqlMode: number | bigint): boolean {
  return (BigInt(sqlMode) & literalBackslashes) !== 0n;
}

function selectedText(said: Said, selection: Selection): string | undefined {
  if (said.literal && said.sql.includes("\\"))
    throw stop(said, "where its texts end cannot be told under NO_BACKSLASH_ESCAPES", byHand);
  const filtered = selection.filters ? filteredText(said, selection) : said.sql;
  if (filtered === undefined || !selection.renames) return filtered;
  const { tokens, deed } = readStatement({ ...said, sql: filtered });
  const names = [...deed.names, ...referencesIn(tokens, said.database)];
  const edits = renameEdits(tokens, names, selection);
  if (typeof edits === "string") throw stop(said, edits, byHand);
  return edited(filtered, edits);
}

/** What of the statement concerns what is replicated. */
function filteredText(said: Said, selection: Selection): string | undefined {
  const { tokens, deed } = readStatement(said);
  const names = keptNames(said, deed, selection);
  if (names === undefined) return undefined;
  const references = referencesIn(tokens, said.database).filter(
    ({ at }) => !deed.names.some((one) => one.at === at),
  );
  const missing = references.find((name) => isLeftOut(name, deed, selection));
  if (missing !== undefined)
    throw stop(said, `it needs ${missing.database}.${missing.name}, which is left out`, orLeaveOut(deed));
  if (deed.kind === "TRIGGER" && deed.verb === "DROP") return withIfExists(said.sql, tokens);
  if (names.length < deed.names.length) return listed(said.sql, tokens, deed, names);
  return selection.hidesColumns ? withoutColumns(said, { tokens, deed, references }, selection) : said.sql;
}

function listed(
  sql: string,
  tokens: readonly Token[],
  { verb, names }: Deed,
  kept: readonly NamedObject[],
): string {
  const text = ({ at, length }: NamedObject): string =>
    sql.slice(tokens[at]?.start, tokens[at + length - 1]?.end);
  const [first, last] = [names[0], names.at(-1)];
  const head = sql.slice(0, tokens[first?.at ?? 0]?.start);
  const tail = sql.slice(tokens[(last?.at ?? 0) + (last?.length ?? 1) - 1]?.end);
  const texts = kept.map(text);
  const pairs = texts.flatMap((one, place) =>
    place % 2 === 0 ? [`${one} TO ${texts[place + 1] ?? ""}`] : [],
  );
  return head + (verb === "RENAME" ? pairs : texts).join(", ") + tail;
}

/** The trigger of a table that is left out is not at the target. */
function withIfExists(sql: string, tokens: readonly Token[]): string {
  const place = tokens.findIndex(({ kind, text }) => kind === "word" && text === "TRIGGER");
  if (tokens[place + 1]?.text === "IF") return sql;
  const end = tokens[place]?.end;
  return `${sql.slice(0, end)} IF EXISTS${sql.slice(end)}`;
}
