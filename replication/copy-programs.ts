import { parentsFirst } from "./copy-order.ts";
import { quoteString } from "./literal.ts";
import type { SchemaStatement, TableName } from "./record.ts";
import type { Selection } from "./selection/selection.ts";
import { each, fullName, shown, type ShownPlaces, type Shows } from "./show-create.ts";

export async function readRoutines(source: Shows, selection: Selection): Promise<readonly SchemaStatement[]> {
  const routines = await source.rows<{ database: string; name: string; kind: string }>(
    `SELECT ROUTINE_SCHEMA AS \`database\`, ROUTINE_NAME AS name, ROUTINE_TYPE AS kind FROM information_schema.ROUTINES
     WHERE ROUTINE_SCHEMA IN (${selection.databases.map(quoteString).join(", ")}) ORDER BY ROUTINE_SCHEMA, ROUTINE_TYPE, ROUTINE_NAME`,
  );
  const rows = routines.filter(({ database, name: table }) => selection.hasProgram({ database, table }));
  return each(rows, async ({ database, name, kind }) => {
    return program(source, kind, { database, table: name }, { text: 2, sqlMode: 1, collation: 4 });
  });
}

/** A view that others use comes before them. */
export async function readViews(source: Shows, selection: Selection): Promise<readonly SchemaStatement[]> {
  const all = await source.rows<{ database: string; table: string; definition: string }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, VIEW_DEFINITION AS definition FROM information_schema.VIEWS
     WHERE TABLE_SCHEMA IN (${selection.databases.map(quoteString).join(", ")}) ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  const rows = all.filter((view) => selection.hasTable(view));
  const references = rows.flatMap((view) =>
    rows
      .filter((other) => other !== view && view.definition.includes(fullName(other)))
      .map((other) => ({ child: fullName(view), parent: fullName(other) })),
  );
  const byName = new Map(rows.map((view) => [fullName(view), view]));
  const ordered = parentsFirst([...byName.keys()], references).flat();
  const views = ordered.flatMap((name) => byName.get(name) ?? []);
  return each(views, (view) => program(source, "VIEW", view, { text: 1, collation: 3 }));
}

/** Those of one table, time and kind of change in the order in which they act. */
export async function readTriggers(source: Shows, selection: Selection): Promise<readonly SchemaStatement[]> {
  const all = await source.rows<{ database: string; table: string; on: string }>(
    `SELECT TRIGGER_SCHEMA AS \`database\`, TRIGGER_NAME AS \`table\`, EVENT_OBJECT_TABLE AS \`on\` FROM information_schema.TRIGGERS
     WHERE TRIGGER_SCHEMA IN (${selection.databases.map(quoteString).join(", ")})
     ORDER BY TRIGGER_SCHEMA, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
  );
  const rows = all.filter(
    ({ database, table, on }) =>
      selection.hasProgram({ database, table }) && selection.hasTable({ database, table: on }),
  );
  const places = { text: 2, sqlMode: 1, collation: 4 };
  return each(rows, (trigger) => program(source, "TRIGGER", trigger, places));
}

export async function readEvents(source: Shows, selection: Selection): Promise<readonly SchemaStatement[]> {
  const all = await source.rows<{ database: string; table: string }>(
    `SELECT EVENT_SCHEMA AS \`database\`, EVENT_NAME AS \`table\` FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA IN (${selection.databases.map(quoteString).join(", ")}) ORDER BY EVENT_SCHEMA, EVENT_NAME`,
  );
  const rows = all.filter((event) => selection.hasProgram(event));
  const places = { text: 3, sqlMode: 1, timeZone: 2, collation: 5 };
  return each(rows, (event) => program(source, "EVENT", event, places));
}

/** A sequence as it is made, and how far it has counted: whatever counts later is in the stream. */
export interface CopiedSequence {
  readonly definition: SchemaStatement;
  readonly state: SchemaStatement;
}

export async function readSequences(source: Shows, selection: Selection): Promise<readonly CopiedSequence[]> {
  const all = await source.rows<{ database: string; table: string }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\` FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA IN (${selection.databases.map(quoteString).join(", ")})
     ORDER BY TABLE_SCHEMA, TABLE_NAME`,
  );
  const rows = all.filter((sequence) => selection.hasTable(sequence));
  return each(rows, async (sequence) => {
    const full = fullName(sequence);
    const definition = await shown(source, sequence.database, `SHOW CREATE SEQUENCE ${full}`, { text: 1 });
    const [row = []] = await source.raw(`SELECT * FROM ${full}`);
    const values = row.map((value) => value?.toString("latin1") ?? "NULL");
    return { definition, state: { ...definition, sql: `INSERT INTO ${full} VALUES (${values.join(", ")})` } };
  });
}

async function program(
  source: Shows,
  kind: string,
  name: TableName,
  places: ShownPlaces,
): Promise<SchemaStatement> {
  const full = fullName(name);
  const made = await shown(source, name.database, `SHOW CREATE ${kind} ${full}`, places);
  return { ...made, drop: `DROP ${kind} IF EXISTS ${full}` };
}
