import type { Fault } from "../core/errors.ts";
import { quoteName, quoteString } from "./literal.ts";
import { carriedTypesOf } from "./source-columns.ts";
import type { Selection } from "./selection/selection.ts";
import type { Source } from "./source.ts";

/** What of the replicated databases cannot be carried, each with what mends it. */
export async function tableFaults(source: Source, selection: Selection): Promise<readonly Fault[]> {
  const { databases } = selection;
  const within = `IN (${databases.map(quoteString).join(", ")})`;
  return [
    ...(await tablesThatAreNone(source, within, selection)),
    ...(await columns(source, within, selection)),
    ...(await foreignReferences(source, within, selection)),
  ];
}

interface Named {
  readonly database: string;
  readonly name: string;
}

/** A database that is dropped later arrives as that statement, and may be made again. */
export async function missingDatabases(
  source: Source,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const rows = await source.rows<{ name: string }>(
    "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA",
  );
  const present = new Set(rows.map(({ name }) => name));
  return databases
    .filter((name) => !present.has(name))
    .map((name) => ({
      path: `source: database ${name}`,
      problem: "it is not there, or the feeder's user may not see it",
      remedy: `CREATE DATABASE ${quoteName(name)}`,
    }));
}

async function tablesThatAreNone(
  source: Source,
  within: string,
  selection: Selection,
): Promise<readonly Fault[]> {
  const rows = await source.rows<Named & { type: string; engine: string | null }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA ${within} AND TABLE_TYPE NOT IN ('VIEW', 'SEQUENCE') AND NOT (TABLE_TYPE = 'BASE TABLE' AND ENGINE <=> 'InnoDB')`,
  );
  return rows
    .filter((row) => isCarried(row, selection))
    .map(({ database, name, type, engine }) =>
      type === "BASE TABLE"
        ? {
            path: path({ database, name }),
            problem: "only InnoDB tables are replicated: others are not part of a transaction",
            found: engine ?? "a damaged table",
            remedy: `ALTER TABLE ${full({ database, name })} ENGINE = InnoDB`,
          }
        : { path: path({ database, name }), problem: "it cannot be replicated", found: type.toLowerCase() },
    );
}

async function columns(source: Source, within: string, selection: Selection): Promise<readonly Fault[]> {
  const rows = await source.rows<Named & { column: string; definition: string }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name, COLUMN_NAME AS \`column\`, COLUMN_TYPE AS definition
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${within} AND
       DATA_TYPE NOT IN (${Object.keys(carriedTypesOf(source)).map(quoteString).join(", ")})`,
  );
  if (rows.length === 0) return [];
  const views = await source.rows<Named>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${within}`,
  );
  const isView = new Set(views.map(full));
  const carried = rows.filter(
    (row) =>
      !isView.has(full(row)) &&
      isCarried(row, selection) &&
      !selection.hidesColumn({ database: row.database, table: row.name }, row.column),
  );
  return carried.map(({ database, name, column, definition }) => ({
    path: `${path({ database, name })}.${column}`,
    problem: "columns of this type are not replicated yet",
    found: definition,
    remedy: `ALTER TABLE ${full({ database, name })} MODIFY ${quoteName(column)} … with another type`,
  }));
}

/** Cascades come from the foreign key at the target too: both ends of it have to be there. */
async function foreignReferences(
  source: Source,
  within: string,
  selection: Selection,
): Promise<readonly Fault[]> {
  const rows = await source.rows<Named & { parent: string }>(
    `SELECT DISTINCT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name, REFERENCED_TABLE_SCHEMA AS parent
     FROM information_schema.KEY_COLUMN_USAGE
     WHERE REFERENCED_TABLE_SCHEMA IS NOT NULL AND TABLE_SCHEMA ${within} AND NOT REFERENCED_TABLE_SCHEMA ${within}`,
  );
  return rows
    .filter((row) => isCarried(row, selection))
    .map(({ database, name, parent }) => ({
      path: path({ database, name }),
      problem: `it refers to database ${parent}, which is not replicated`,
      remedy: "replicate both databases",
    }));
}

function isCarried({ database, name }: Named, selection: Selection): boolean {
  return selection.hasTable({ database, table: name });
}

function path({ database, name }: Named): string {
  return `source: table ${database}.${name}`;
}

function full({ database, name }: Named): string {
  return `${quoteName(database)}.${quoteName(name)}`;
}
