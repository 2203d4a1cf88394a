import { HotsiteError, RetryableError } from "../core/errors.ts";
import { formatPosition } from "../core/position.ts";
import { parentsFirst, type Reference } from "./copy-order.ts";
import {
  readEvents,
  readRoutines,
  readSequences,
  readTriggers,
  readViews,
  type CopiedSequence,
} from "./copy-programs.ts";
import { quoteName, quoteString } from "./literal.ts";
import type { CopyUnit, SchemaStatement } from "./record.ts";
import { readFindingKeys } from "./finding-key.ts";
import type { Selection } from "./selection/selection.ts";
import { selectedSchema } from "./selection/statement.ts";
import { each, fullName, shown, shownAll } from "./show-create.ts";
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
  selection: Selection,
): Promise<AtPosition<CopySchema>> {
  return atPosition(source, () => readTold(source, selection), fingerprint);
}

/** What comes after the rows, and a position at which it was exactly this: the tables need not be asked for again. */
export async function programsAtPosition(
  source: Source,
  selection: Selection,
): Promise<AtPosition<Pick<CopySchema, "after">>> {
  const read = async (): Promise<Pick<CopySchema, "after">> => {
    const after = await readAfter(source, selection, await readSequences(source, selection));
    return { after: told(after, selection) };
  };
  return atPosition(source, read, ({ after }) => JSON.stringify(definitionsOf(after)));
}

export type AtPosition<T> = T & { readonly position: string };

/** `print`: equal for what is equal. */
async function atPosition<T>(
  source: Source,
  read: () => Promise<T>,
  print: (read: T) => string,
): Promise<AtPosition<T>> {
  let before = await unlessGone(read);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const position = formatPosition((await sourceState(source)).position);
    const after = await unlessGone(read);
    if (before !== undefined && after !== undefined && print(before) === print(after))
      return { ...after, position };
    before = after;
  }
  throw new RetryableError(
    "schema-changing",
    "the source's schema changes all the time: no copy could begin",
  );
}

/** Undefined when something was dropped between its name and its definition: a table, a routine, a trigger, an event. */
async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  return read().catch((error: unknown) => {
    if (error instanceof HotsiteError && gone.has(error.details["number"])) return undefined;
    throw error;
  });
}

const gone = new Set<unknown>([1146, 1305, 1360, 1539]);

function fingerprint({ before, after, units }: CopySchema): string {
  return JSON.stringify([definitionsOf([...before, ...after]), units]);
}

/** AUTO_INCREMENT and sequences count rows, not changes of the schema. */
function definitionsOf(statements: readonly SchemaStatement[]): readonly string[] {
  const definitions = statements.filter(({ sql }) => !sql.startsWith("INSERT"));
  return definitions.map(({ sql }) => sql.replace(/ AUTO_INCREMENT=\d+/, ""));
}

/** As the target is told it. */
async function readTold(source: Source, selection: Selection): Promise<CopySchema> {
  const { before, after, ...rest } = await readSchema(source, selection);
  return { before: told(before, selection), after: told(after, selection), ...rest };
}

function told(statements: readonly SchemaStatement[], selection: Selection): readonly SchemaStatement[] {
  return statements.flatMap((statement) => selectedSchema(statement, selection) ?? []);
}

/** What is selected, as the source has it. */
export async function readSchema(source: Source, selection: Selection): Promise<CopySchema> {
  const { databases } = selection;
  const tables = (await listTables(source, databases)).filter((table) => selection.hasTable(table));
  const sequences = await readSequences(source, selection);
  const before = [
    ...(await each(databases, async (name) =>
      shown(source, "", `SHOW CREATE DATABASE ${quoteName(name)}`, { text: 1 }),
    )),
    ...sequences.map(({ definition }) => definition),
    ...(await shownAll(
      source,
      tables.map((one) => ({ database: one.database, show: `SHOW CREATE TABLE ${fullName(one)}` })),
      { text: 1 },
    )),
  ];
  const ledger = await listTables(source, ["hotsite"]);
  return {
    before,
    after: await readAfter(source, selection, sequences),
    units: [
      ...(await unitsOf(source, selection, tables)),
      ...ledger
        .filter(({ table }) => table === "ledger")
        .map(({ database, table }) => ({ tables: [{ database, table }], whole: false })),
    ],
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

async function readAfter(
  source: Source,
  selection: Selection,
  sequences: readonly CopiedSequence[],
): Promise<readonly SchemaStatement[]> {
  return [
    ...sequences.map(({ state }) => state),
    ...(await readRoutines(source, selection)),
    ...(await readViews(source, selection)),
    ...(await readTriggers(source, selection)),
    ...(await readEvents(source, selection)),
  ];
}

/** Rows that cannot be found again, and tables that refer to each other in a circle, have to be copied as they are at one moment. */
async function unitsOf(
  source: Source,
  selection: Selection,
  tables: readonly TableToCopy[],
): Promise<readonly CopyUnit[]> {
  const { databases } = selection;
  const keys = (await readFindingKeys(source, databases)).filter((key) =>
    key.columns.every((column) => !selection.hidesColumn(key, column)),
  );
  const keyed = new Set(keys.map(fullName));
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
