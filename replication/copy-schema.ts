import { HotsiteError, RetryableError } from "../core/errors.ts";
import { formatPosition } from "../core/position.ts";
import { parentsFirst, type Reference } from "./copy-order.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { CopyUnit, SchemaStatement } from "./record.ts";
import { readFindingKeys } from "./finding-key.ts";
import type { Source } from "./source.ts";
import { sourceState } from "./start-position.ts";

interface TableToCopy {
  readonly database: string;
  readonly table: string;
  /** As the source estimates them. */
  readonly rows: number;
}

/** What there is to copy, and how the target makes it. */
export interface CopySchema {
  /** Databases and tables. */
  readonly before: readonly SchemaStatement[];
  /** Views and routines: some need the tables to be there. */
  readonly after: readonly SchemaStatement[];
  /** Those that others refer to come first. */
  readonly units: readonly CopyUnit[];
  /** Rows of all tables, as the source estimates them. */
  readonly rows: number;
}

const attempts = 5;

/** The schema, and a position at which it was exactly this. */
export async function schemaAtPosition(
  source: Source,
  databases: readonly string[],
): Promise<CopySchema & { readonly position: string }> {
  let before = await readSchema(source, databases);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const position = formatPosition((await sourceState(source)).position);
    const after = await readSchema(source, databases);
    if (fingerprint(before) === fingerprint(after)) return { ...after, position };
    before = after;
  }
  throw new RetryableError(
    "schema-changing",
    "the source's schema changes all the time: no copy could begin",
  );
}

/** AUTO_INCREMENT counts rows, not changes of the schema. */
function fingerprint({ before, after, units }: CopySchema): string {
  const texts = [...before, ...after].map(({ sql }) => sql.replace(/ AUTO_INCREMENT=\d+/, ""));
  return JSON.stringify([texts, units]);
}

async function readSchema(source: Source, databases: readonly string[]): Promise<CopySchema> {
  const tables = await listTables(source, databases);
  const before = [
    ...(await each(databases, async (name) =>
      made(source, "", `SHOW CREATE DATABASE ${quoteName(name)}`, 1),
    )),
    ...(await each(tables, async (one) =>
      made(source, one.database, `SHOW CREATE TABLE ${fullName(one)}`, 1),
    )),
  ];
  const ledger = await listTables(source, ["hotsite"]);
  return {
    before,
    after: [...(await readRoutines(source, databases)), ...(await readViews(source, databases))],
    units: [
      ...(await unitsOf(source, databases, tables)),
      ...ledger
        .filter(({ table }) => table === "ledger")
        .map(({ database, table }) => ({ tables: [{ database, table }], whole: false })),
    ],
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** Rows that cannot be found again, and tables that refer to each other in a circle, have to be copied as they are at one moment. */
async function unitsOf(
  source: Source,
  databases: readonly string[],
  tables: readonly TableToCopy[],
): Promise<readonly CopyUnit[]> {
  const keyed = new Set((await readFindingKeys(source, databases)).map(fullName));
  const byName = new Map(
    tables.map(({ database, table }) => [fullName({ database, table }), { database, table }]),
  );
  const groups = parentsFirst([...byName.keys()], await listReferences(source, databases));
  return groups.map((names) => ({
    tables: names.flatMap((name) => byName.get(name) ?? []),
    whole: names.length > 1 || names.some((name) => !keyed.has(name)),
  }));
}

async function listTables(source: Source, databases: readonly string[]): Promise<readonly TableToCopy[]> {
  const rows = await source.rows<{ database: string; table: string; rows: string | number | null }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, TABLE_ROWS AS \`rows\` FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})
     ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  return rows.map(({ database, table, rows: count }) => ({ database, table, rows: Number(count ?? 0) }));
}

async function listReferences(source: Source, databases: readonly string[]): Promise<readonly Reference[]> {
  const rows = await source.rows<Record<"childDb" | "child" | "parentDb" | "parent", string>>(
    `SELECT TABLE_SCHEMA AS childDb, TABLE_NAME AS child, REFERENCED_TABLE_SCHEMA AS parentDb, REFERENCED_TABLE_NAME AS parent
     FROM information_schema.KEY_COLUMN_USAGE
     WHERE REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})`,
  );
  return rows.map(({ childDb, child, parentDb, parent }) => ({
    child: fullName({ database: childDb, table: child }),
    parent: fullName({ database: parentDb, table: parent }),
  }));
}

async function readRoutines(
  source: Source,
  databases: readonly string[],
): Promise<readonly SchemaStatement[]> {
  const rows = await source.rows<{ database: string; name: string; kind: string }>(
    `SELECT ROUTINE_SCHEMA AS \`database\`, ROUTINE_NAME AS name, ROUTINE_TYPE AS kind FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA IN (${databases.map(quoteString).join(", ")}) ORDER BY ROUTINE_SCHEMA, ROUTINE_TYPE, ROUTINE_NAME`,
  );
  return each(rows, async ({ database, name, kind }) => {
    const full = fullName({ database, table: name });
    return made(source, database, `SHOW CREATE ${kind} ${full}`, 2, { sqlMode: 1, collation: 4 });
  });
}

/** A view that others use comes before them. */
async function readViews(source: Source, databases: readonly string[]): Promise<readonly SchemaStatement[]> {
  const rows = await source.rows<{ database: string; table: string; definition: string }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, VIEW_DEFINITION AS definition FROM information_schema.VIEWS
     WHERE TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")}) ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  const references = rows.flatMap((view) =>
    rows
      .filter((other) => other !== view && view.definition.includes(fullName(other)))
      .map((other) => ({ child: fullName(view), parent: fullName(other) })),
  );
  const byName = new Map(rows.map((view) => [fullName(view), view]));
  const ordered = parentsFirst([...byName.keys()], references).flat();
  const views = ordered.flatMap((name) => byName.get(name) ?? []);
  return each(views, async (view) =>
    made(source, view.database, `SHOW CREATE VIEW ${fullName(view)}`, 1, { collation: 3 }),
  );
}

/** What one SHOW CREATE says; the numbers are the places of its columns. */
async function made(
  source: Source,
  database: string,
  show: string,
  text: number,
  places: { readonly sqlMode?: number; readonly collation?: number } = {},
): Promise<SchemaStatement> {
  const [row = []] = await source.raw(show);
  const column = (place: number | undefined): string | undefined =>
    place === undefined ? undefined : row[place]?.toString("utf8");
  const sql = column(text);
  if (sql === undefined) {
    throw new HotsiteError("unsupported-schema", `the source does not show it: ${show}`, {
      hint: "the feeder's user may not see it; hotsite install prints the GRANT that is missing",
    });
  }
  const collationConnection = column(places.collation) ?? "utf8mb4_general_ci";
  return { sql, database, sqlMode: column(places.sqlMode) ?? "", collationConnection };
}

function fullName({ database, table }: { readonly database: string; readonly table: string }): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}

/** One after the other: they share a connection. */
async function each<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const one of list) results.push(await work(one));
  return results;
}
