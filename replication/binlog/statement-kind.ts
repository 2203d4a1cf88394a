import { hasAnsiQuotes } from "../definer.ts";
import type { StatementChange } from "../record.ts";
import { deedOf, refuse } from "./statement-names.ts";
import { tokensOf, type Token } from "./statement-tokens.ts";

/** What becomes of a statement: it is carried to the target, or it concerns nothing that is replicated. */
export type StatementKind = "carry" | "pass";

/** Decides by what a statement does and to which databases. Throws "unsupported-event" for whatever it cannot tell or carry. */
export function statementKind(statement: StatementChange, databases: ReadonlySet<string>): StatementKind {
  const { sql, sqlMode, database } = statement;
  const tokens = tokensOf(sql, hasAnsiQuotes(sqlMode));
  const deed = deedOf(sql, tokens, database);
  if (deed === "nothing") return "pass";
  const inside = deed.names.filter((one) => databases.has(one.database));
  if (inside.length === 0) return "pass";
  if (deed.kind === "TABLE" && keepsHistory(tokens))
    throw refuse(
      sql,
      "system-versioned tables are not carried",
      "ALTER TABLE … DROP SYSTEM VERSIONING at the source, then make a new first copy: hotsite replication reseed",
    );
  if (deed.kind === "TABLE" && bringsFile(tokens))
    throw refuse(
      sql,
      "the rows in the file of a tablespace are in no binlog",
      "skip it and what follows it up to IMPORT TABLESPACE (hotsite replication skip), then take its rows: hotsite replication verify --repair",
    );
  if (inside.length === deed.names.length) return "carry";
  throw refuse(
    sql,
    "it touches databases that are replicated and others that are not",
    "replicate both, or use statements of their own",
  );
}

/** It gives a table a history. When the catalogue is asked the table may be gone again. */
function keepsHistory(tokens: readonly Token[]): boolean {
  const words = wordsOf(tokens);
  return words.some(
    (word, place) =>
      word === "SYSTEM" &&
      words[place + 1] === "VERSIONING" &&
      !["DROP", "WITHOUT"].includes(words[place - 1] ?? ""),
  );
}

/** The first of two steps throws away what the table has. */
function bringsFile(tokens: readonly Token[]): boolean {
  const words = wordsOf(tokens);
  return words.some(
    (word, place) =>
      ["DISCARD", "IMPORT"].includes(word) && ["TABLESPACE", "PARTITION"].includes(words[place + 1] ?? ""),
  );
}

function wordsOf(tokens: readonly Token[]): readonly string[] {
  return tokens.map(({ kind, text }) => (kind === "word" ? text : ""));
}
