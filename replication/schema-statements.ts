import { tokensOf, type Token } from "./binlog/statement-tokens.ts";
import { quoteName } from "./literal.ts";
import type { SchemaStatement, TableName } from "./record.ts";

export function dropDatabase(name: string): SchemaStatement {
  return { ...plain, sql: `DROP DATABASE IF EXISTS ${quoteName(name)}` };
}

export function truncateTable({ database, table }: TableName): SchemaStatement {
  return { ...plain, sql: `TRUNCATE TABLE ${quoteName(database)}.${quoteName(table)}` };
}

const plain = { database: "", sqlMode: "", collationConnection: "utf8mb4_general_ci" };

/** The parts of a schema as they are made, also where an attempt before has made some of them. */
export function repeatable(statement: SchemaStatement): readonly SchemaStatement[] {
  const { drop, ...made } = statement;
  return drop === undefined ? [made] : [{ ...made, sql: drop }, made];
}

/** MySQL says with START TRANSACTION, among the options of the table, that rows follow; the target is told so by the rows. */
export function withoutStart(sql: string): string {
  if (!/^\s*CREATE\s+TABLE\b[^]*\bSTART\s+TRANSACTION\b/i.test(sql)) return sql;
  const tokens = tokensOf(sql, false);
  const place = tokens.findLastIndex(
    (token, at) => isWord(token, "START") && isWord(tokens[at + 1], "TRANSACTION"),
  );
  const [start, end] = [tokens[place]?.start, tokens[place + 1]?.end];
  return start === undefined ? sql : sql.slice(0, start) + sql.slice(end);
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === "word" && token.text === text;
}

/** The table of a transaction that makes it and fills it. */
export function madeAgain(sql: string): string {
  return sql.replace(/^\s*CREATE\s+TABLE\s+(?!IF\b)/i, "CREATE TABLE IF NOT EXISTS ");
}
