import { HotsiteError } from "../core/errors.ts";
import type { Flavour } from "./flavour.ts";
import { quoteName } from "./literal.ts";
import type { SchemaStatement, StatementChange, TableName, TransactionRecord } from "./record.ts";

export function dropDatabase(name: string): SchemaStatement {
  return { ...plain, sql: `DROP DATABASE IF EXISTS ${quoteName(name)}` };
}

export function truncateTable({ database, table }: TableName): SchemaStatement {
  return { ...plain, sql: `TRUNCATE TABLE ${quoteName(database)}.${quoteName(table)}` };
}

const plain = { database: "", sqlMode: "", collationConnection: "utf8mb4_general_ci" };

/** A view or a routine so that it can be made again after a crash in the middle. MySQL replaces no routine. */
export function repeatable(statement: SchemaStatement, flavour: Flavour): readonly SchemaStatement[] {
  const [, kind, name] =
    /^CREATE\b[^(]*?\b(PROCEDURE|FUNCTION)\s+(`(?:[^`]|``)+`)/i.exec(statement.sql) ?? [];
  if (flavour === "mysql" && kind !== undefined && name !== undefined)
    return [{ ...statement, sql: `DROP ${kind} IF EXISTS ${name}` }, statement];
  return [{ ...statement, sql: statement.sql.replace(/^CREATE (?!OR REPLACE\b)/i, "CREATE OR REPLACE ") }];
}

/** Whoever runs such a statement becomes its definer, and here that would be the applier. */
export function refuseNameless(record: TransactionRecord, { sql, invoker }: StatementChange): void {
  if (invoker === undefined || /\bDEFINER\s*=/i.test(sql)) return;
  if (!/^\s*CREATE\b.*?\b(VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\b/is.test(sql)) return;
  throw new HotsiteError(
    "no-definer",
    `record ${record.seq} (${record.gtid}): a statement names no definer`,
    { hint: "create it again at the source with DEFINER=…" },
  );
}
