import { HotsiteError, type Fault } from "../core/errors.ts";
import { schemaAtPosition } from "./copy-schema.ts";
import { isAtLeast } from "./flavour.ts";
import { interpreterFor } from "./foreign/foreign.ts";
import { quoteString } from "./literal.ts";
import type { TableName } from "./record.ts";
import type { Selection } from "./selection/selection.ts";
import type { Source } from "./source.ts";
import type { Target } from "./target.ts";

/** What the source's databases use and the target does not have. */
export async function schemaFeatureFaults(
  source: Source,
  target: Target,
  selection: Selection,
): Promise<readonly Fault[]> {
  const { databases } = selection;
  const within = `IN (${databases.map(quoteString).join(", ")})`;
  const foreign = source.version.flavour !== target.version.flavour;
  return [
    ...(await typeFaults(source, target, { within, selection })),
    ...(foreign
      ? await statementFaults(source, target, selection)
      : await collationFaults(source, target, { within, selection })),
    ...(await functionFaults(source, target, { within, selection })),
  ];
}

interface Column {
  readonly database: string;
  /** Absent of the database itself. */
  readonly table: string | null;
  readonly column: string;
  readonly value: string;
}

interface Chosen {
  readonly within: string;
  readonly selection: Selection;
}

function isCarried({ database, table, column }: Column, selection: Selection): boolean {
  if (table === null) return true;
  return selection.hasTable({ database, table }) && !selection.hidesColumn({ database, table }, column);
}

function placeOf({ database, table, column }: Column): string {
  return table === null ? database : `${database}.${table}.${column}`;
}

async function typeFaults(
  source: Source,
  target: Target,
  { within, selection }: Chosen,
): Promise<readonly Fault[]> {
  const absent = absentTypes(target);
  if (absent.length === 0) return [];
  const rows = await source.rows<Column>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, DATA_TYPE AS value FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA ${within} AND DATA_TYPE IN (${absent.map(quoteString).join(", ")})`,
  );
  const carried = rows.filter((row) => isCarried(row, selection));
  return carried.map((row) => ({
    path: `source: column ${placeOf(row)}`,
    problem: "the target has no such type",
    found: row.value,
    remedy: "change the column to a type that both have, or leave it out of the link",
  }));
}

/** Types that only newer servers have, or the other kind. */
function absentTypes({ version }: Target): readonly string[] {
  if (version.flavour === "mysql")
    return ["uuid", "inet4", "inet6", "xmltype", ...(isAtLeast(version, 9) ? [] : ["vector"])];
  return [
    ...(isAtLeast(version, 10, 7) ? [] : ["uuid"]),
    ...(isAtLeast(version, 10, 10) ? [] : ["inet4"]),
    ...(isAtLeast(version, 11, 7) ? [] : ["vector"]),
  ];
}

/** Between two servers of one kind every statement is sent as it is. */
async function collationFaults(
  source: Source,
  target: Target,
  { within, selection }: Chosen,
): Promise<readonly Fault[]> {
  const rows = await source.rows<Column>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS \`column\`, COLLATION_NAME AS value
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${within} AND COLLATION_NAME IS NOT NULL
     UNION SELECT SCHEMA_NAME, NULL, '', DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ${within}`,
  );
  const interpreter = await interpreterFor(target);
  return rows
    .filter((row) => isCarried(row, selection) && !interpreter.knows(row.value))
    .map((row) => ({
      path: `source: ${placeOf(row)}`,
      problem: "the target has no such collation",
      found: row.value,
      remedy: "change the collation at the source, or take a newer server as target",
    }));
}

/** Between two kinds of servers each statement that makes a part of the schema is translated now, to see whether it can be. */
async function statementFaults(
  source: Source,
  target: Target,
  selection: Selection,
): Promise<readonly Fault[]> {
  const { databases } = selection;
  const present = await source.rows<{ name: string }>(
    `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${databases.map(quoteString).join(", ")})`,
  );
  if (present.length < databases.length) return [];
  const { before, after } = await schemaAtPosition(source, selection);
  const interpreter = await interpreterFor(target);
  return [...before, ...after].flatMap((statement) => {
    try {
      interpreter.schema(statement);
      return [];
    } catch (error) {
      if (!(error instanceof HotsiteError) || error.code !== "untranslatable") throw error;
      return [{ path: "source: schema", problem: error.message, remedy: "change it at the source" }];
    }
  });
}

/** Whoever makes a function under a binlog needs more than the applier has, unless the server trusts everybody. */
async function functionFaults(
  source: Source,
  target: Target,
  { within, selection }: Chosen,
): Promise<readonly Fault[]> {
  const [trust] = await target.rows<Record<string, string>>(
    "SHOW GLOBAL VARIABLES LIKE 'log_bin_trust_function_creators'",
  );
  if (trust === undefined || Object.values(trust).includes("ON")) return [];
  const all = await source.rows<TableName>(
    `SELECT ROUTINE_SCHEMA AS \`database\`, ROUTINE_NAME AS \`table\` FROM information_schema.ROUTINES
     WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA ${within}`,
  );
  const rows = all.filter((routine) => selection.hasProgram(routine));
  if (rows.length === 0) return [];
  const names = rows.map(({ database, table }) => `${database}.${table}`).join(", ");
  return [
    {
      path: "target: log_bin_trust_function_creators",
      problem: `the applier could not make ${names}`,
      ...{ found: "OFF", allowed: "ON" },
      remedy: "SET GLOBAL log_bin_trust_function_creators = ON",
    },
  ];
}
