import { RetryableError } from "../core/errors.ts";
import { formatPosition } from "../core/position.ts";
import { parentsFirst, type Reference } from "./copy-order.ts";
import { readEvents, readRoutines, readSequences, readTriggers, readViews } from "./copy-programs.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { CopyUnit, SchemaStatement } from "./record.ts";
import { readFindingKeys } from "./finding-key.ts";
import { each, fullName, shown } from "./show-create.ts";
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
  /** Views and programs: some need the tables to be there, and none may change the rows. */
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

/** AUTO_INCREMENT and sequences count rows, not changes of the schema. */
function fingerprint({ before, after, units }: CopySchema): string {
  const definitions = [...before, ...after].filter(({ sql }) => !sql.startsWith("INSERT"));
  const texts = definitions.map(({ sql }) => sql.replace(/ AUTO_INCREMENT=\d+/, ""));
  return JSON.stringify([texts, units]);
}

async function readSchema(source: Source, databases: readonly string[]): Promise<CopySchema> {
  const tables = await listTables(source, databases);
  const sequences = await readSequences(source, databases);
  const before = [
    ...(await each(databases, async (name) =>
      shown(source, "", `SHOW CREATE DATABASE ${quoteName(name)}`, { text: 1 }),
    )),
    ...sequences.map(({ definition }) => definition),
    ...(await each(tables, async (one) =>
      shown(source, one.database, `SHOW CREATE TABLE ${fullName(one)}`, { text: 1 }),
    )),
  ];
  const ledger = await listTables(source, ["hotsite"]);
  return {
    before,
    after: [
      ...sequences.map(({ state }) => state),
      ...(await readRoutines(source, databases)),
      ...(await readViews(source, databases)),
      ...(await readTriggers(source, databases)),
      ...(await readEvents(source, databases)),
    ],
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
