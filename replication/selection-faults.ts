import { HotsiteError, type Fault } from "../core/errors.ts";
import { readSchema } from "./copy-schema.ts";
import { quoteString } from "./literal.ts";
import type { SchemaStatement } from "./record.ts";
import { readStatement } from "./selection/said.ts";
import type { Selection } from "./selection/selection.ts";
import { selectedSchema } from "./selection/statement.ts";
import type { Source } from "./source.ts";

/** What of the source's schema needs something that stays behind, and patterns that nothing has the name of. */
export async function selectionFaults(source: Source, selection: Selection): Promise<readonly Fault[]> {
  if (!selection.filters && !selection.renames) return [];
  const columns = await source.rows<Record<"database" | "table" | "column", string>>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\` FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA IN (${selection.databases.map(quoteString).join(", ")})`,
  );
  const unknown = selection.namingNothing(
    columns.map(({ database, table, column }) => [database, table, column]),
  );
  return [...unknown.map(namesNothing), ...(await schemaFaults(source, selection))];
}

/** A mistyped name would let through what is to stay behind. */
function namesNothing(pattern: string): Fault {
  return {
    path: pattern,
    problem: "there is nothing of this name at the source",
    remedy: "correct the name; `*` stands for anything: shop.tmp_*",
  };
}

/** Each statement of the schema is taken as the first copy would take it. */
async function schemaFaults(source: Source, selection: Selection): Promise<readonly Fault[]> {
  const present = await source.rows<{ name: string }>(
    `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA
     WHERE SCHEMA_NAME IN (${selection.databases.map(quoteString).join(", ")})`,
  );
  // That a database is missing is a fault of its own.
  if (present.length < selection.databases.length) return [];
  const { before, after } = await readSchema(source, selection);
  return [...before, ...after].flatMap((statement) => {
    try {
      selectedSchema(statement, selection);
      return [];
    } catch (error) {
      if (!(error instanceof HotsiteError) || error.code !== "unsupported-event") throw error;
      return [faultOf(statement, error)];
    }
  });
}

function faultOf({ sql, database }: SchemaStatement, { details }: HotsiteError): Fault {
  const { deed } = readStatement({ sql, database, ansi: false, literal: false });
  const { name = "" } = deed.names[0] ?? {};
  const remedies: Readonly<Record<string, string>> = {
    TABLE: "replicate what it needs as well, change the table at the source, or leave it out: tables.exclude",
    VIEW: "leave the view out as well: tables.exclude",
  };
  return {
    path: `source: ${deed.kind.toLowerCase()} ${database}.${name}`,
    problem: String(details["problem"]),
    remedy: remedies[deed.kind] ?? "leave it out as well: programs.exclude",
  };
}
