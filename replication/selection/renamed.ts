import type { NamedObject } from "../binlog/statement-names.ts";
import type { Token } from "../binlog/statement-tokens.ts";
import { quoteName } from "../literal.ts";
import type { Edit } from "./edit.ts";
import type { Selection } from "./selection.ts";

/** What has to be put into a statement so that it names databases as the target does; or why that cannot be told for certain. */
export function renameEdits(
  tokens: readonly Token[],
  names: readonly NamedObject[],
  selection: Selection,
): readonly Edit[] | string {
  const renamed = (database: string): boolean => selection.nameAtTarget(database) !== database;
  const places = new Map(names.filter(namesDatabase).map((name) => [name.at, name.database]));
  const doubt = tokens.flatMap((_, place) => {
    if (places.has(place)) return [];
    const problem = doubtOf(tokens, place, renamed);
    return problem === undefined ? [] : [problem];
  });
  if (doubt[0] !== undefined) return doubt[0];
  return [...places].flatMap(([place, database]) => {
    const token = tokens[place];
    if (token === undefined || !renamed(database)) return [];
    return [{ start: token.start, end: token.end, text: quoteName(selection.nameAtTarget(database)) }];
  });
}

function namesDatabase({ at, name, length }: NamedObject): boolean {
  return at >= 0 && (length > 1 || name === "");
}

/** A renamed database's name in a place where it may or may not be the database. */
function doubtOf(
  tokens: readonly Token[],
  place: number,
  renamed: (database: string) => boolean,
): string | undefined {
  const token = tokens[place];
  if (token === undefined || token.kind === "sign") return undefined;
  if (token.kind === "string") return doubtOfText(tokens, token, renamed);
  const name = token.kind === "word" ? token.written : token.text;
  if (!renamed(name) || tokens[place + 1]?.text !== "." || tokens[place - 1]?.text === ".") return undefined;
  // A table or an alias of that name: then these are its columns.
  const isTable = tokens.some(
    (other, at) =>
      other.kind !== "sign" &&
      (other.kind === "word" ? other.written : other.text) === name &&
      tokens[at + 1]?.text !== ".",
  );
  return isTable ? undefined : `whether "${name}" in "${name}." is the database cannot be told`;
}

/** Statements that a program puts together from texts may name any database. */
function doubtOfText(
  tokens: readonly Token[],
  { text }: Token,
  renamed: (database: string) => boolean,
): string | undefined {
  if (!tokens.some(({ kind, text: word }) => kind === "word" && dynamic.has(word))) return undefined;
  const named = text.split(/[^\p{L}\p{N}_$]+/u).find(renamed);
  return named === undefined ? undefined : `it makes statements from texts, and "${named}" is in one`;
}

const dynamic = new Set(["PREPARE", "IMMEDIATE"]);
