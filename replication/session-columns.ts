import type { Fault } from "../core/errors.ts";
import type { Source } from "./source.ts";

interface ColumnRow {
  readonly database: string;
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** Empty or null where it is not generated. */
  readonly expression: string | null;
}

/** They answer by the time zone or the language of the session. */
const byTheSession = /\b(?:from_unixtime|unix_timestamp|monthname|dayname|date_format|str_to_date)\s*\(/i;

/** `STORED` columns that the target computes in its own session: neither side tells what the session of the source was. `within`: `IN (…)`. */
export async function sessionColumns(source: Source, within: string): Promise<readonly Fault[]> {
  const rows = await source.rows<ColumnRow>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS name, DATA_TYPE AS type,
       GENERATION_EXPRESSION AS expression
     FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA ${within} AND (DATA_TYPE = 'timestamp' OR EXTRA LIKE '%STORED GENERATED%')
     ORDER BY 1, 2, ORDINAL_POSITION`,
  );
  return rows.filter((row) => dependsOnSession(row, rows)).map(faultOf);
}

function dependsOnSession({ database, table, expression }: ColumnRow, rows: readonly ColumnRow[]): boolean {
  if (expression === null || expression === "") return false;
  const stamps = rows.filter((row) => row.database === database && row.table === table && isStamp(row));
  const text = expression.toLowerCase();
  return byTheSession.test(text) || stamps.some(({ name }) => text.includes(`\`${name.toLowerCase()}\``));
}

function isStamp({ type }: ColumnRow): boolean {
  return type.toLowerCase() === "timestamp";
}

function faultOf({ database, table, name, expression }: ColumnRow): Fault {
  return {
    path: `source: column ${database}.${table}.${name}`,
    problem:
      "it depends on the session's time zone or language: the target computes it in UTC and in English, and keeps other values where the source's sessions are set otherwise",
    found: expression ?? "",
    remedy: "compute it from a DATETIME, make it VIRTUAL, or leave it out (columns)",
  };
}
