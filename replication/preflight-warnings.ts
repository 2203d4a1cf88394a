import { HotsiteError, type Fault } from "../core/errors.ts";
import { readFindingKeys } from "./finding-key.ts";
import { quoteName, quoteString } from "./literal.ts";
import { sessionColumns } from "./session-columns.ts";
import { Source, type SourceOptions } from "./source.ts";
import { Target, type TargetOptions } from "./target.ts";

export interface WarningOptions {
  readonly source: SourceOptions;
  readonly target: TargetOptions;
  /** What is to be replicated. */
  readonly databases: readonly string[];
}

/** What does not keep a link from beginning, and what its owner should know. Changes nothing. Throws when a server cannot be asked. */
export async function linkWarnings(
  { source: from, target: to, databases }: WarningOptions,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  await using source = await Source.open(from, signal);
  await using target = await Target.ask(to, signal);
  const within = `IN (${databases.map(quoteString).join(", ")})`;
  return [
    ...olderTarget(source, target),
    ...(await withoutKey(source, databases, within)),
    ...(await largeTables(source, within)),
    ...(await brokenViews(source, within)),
    ...(await sessionColumns(source, within)),
    ...(await definers(source, within)),
    ...(await programs(source, target, within)),
    ...(await timeZones(source, target)),
  ];
}

interface Named {
  readonly database: string;
  readonly name: string;
}

/** MariaDB and MySQL count their versions apart. */
function olderTarget({ version: there }: Source, { version: here }: Target): readonly Fault[] {
  if (there.flavour !== here.flavour) return [];
  const [a = 0, b = 0] = here.numbers;
  const [c = 0, d = 0] = there.numbers;
  if (a > c || (a === c && b >= d)) return [];
  return [
    {
      path: "target: version",
      problem: `older than the source (${there.text}): a statement that it does not know stops the link`,
      found: here.text,
    },
  ];
}

async function withoutKey(
  source: Source,
  databases: readonly string[],
  within: string,
): Promise<readonly Fault[]> {
  const keyed = new Set(
    (await readFindingKeys(source, databases)).map(({ database, table }) => path({ database, name: table })),
  );
  const tables = await source.rows<Named>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA ${within} ORDER BY 1, 2`,
  );
  return tables
    .filter((table) => !keyed.has(path(table)))
    .map((table) => ({
      path: path(table),
      problem:
        "no primary key, and no unique one without NULLs: each row is found by all of its columns, which is slow for many updates and deletes, and the first copy reads the table in one piece",
      remedy: `ALTER TABLE ${full(table)} ADD PRIMARY KEY (…)`,
    }));
}

/** From here on a first copy takes long enough to plan it. */
const largeBytes = 10 * 2 ** 30;

async function largeTables(source: Source, within: string): Promise<readonly Fault[]> {
  const rows = await source.rows<Named & { bytes: string | number; count: string | number }>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name, DATA_LENGTH + INDEX_LENGTH AS bytes, TABLE_ROWS AS count
     FROM information_schema.TABLES WHERE TABLE_SCHEMA ${within} AND DATA_LENGTH + INDEX_LENGTH > ${largeBytes} ORDER BY 1, 2`,
  );
  return rows.map(({ bytes, count, ...table }) => ({
    path: path(table),
    problem: "a large table: the first copy takes a while, and the source has to keep its binlog until then",
    found: `${Math.round(Number(bytes) / 2 ** 30)} GiB, about ${Number(count)} rows`,
  }));
}

async function brokenViews(source: Source, within: string): Promise<readonly Fault[]> {
  const views = await source.rows<Named>(
    `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA ${within} ORDER BY 1, 2`,
  );
  const faults: Fault[] = [];
  for (const view of views)
    if (await isBroken(source, view))
      faults.push({
        path: `source: view ${view.database}.${view.name}`,
        problem: "what it selects from is not there: it cannot be made at the target",
        remedy: `DROP VIEW ${full(view)}, or mend it`,
      });
  return faults;
}

const viewIsInvalid = 1356;

async function isBroken(source: Source, view: Named): Promise<boolean> {
  try {
    await source.rows(`SELECT 1 FROM ${full(view)} LIMIT 0`);
    return false;
  } catch (error) {
    if (!(error instanceof HotsiteError) || error.code !== "source-failed") throw error;
    return error.details["number"] === viewIsInvalid;
  }
}

/** Accounts belong to a server. */
async function definers(source: Source, within: string): Promise<readonly Fault[]> {
  const rows = await source.rows<{ definer: string }>(
    `SELECT DEFINER AS definer FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${within}
     UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA ${within}
     UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA ${within}
     UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA ${within}`,
  );
  if (rows.length === 0) return [];
  return [
    {
      path: "target: accounts",
      problem: "views and programs act for these, and accounts are not replicated",
      found: rows.map(({ definer }) => definer).join(", "),
      remedy: "CREATE USER and GRANT at the target before it is used",
    },
  ];
}

async function programs(source: Source, target: Target, within: string): Promise<readonly Fault[]> {
  const rows = await source.rows<{ kind: "trigger" | "event"; name: string }>(
    `SELECT 'trigger' AS kind, CONCAT_WS('.', TRIGGER_SCHEMA, TRIGGER_NAME) AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA ${within}
     UNION ALL SELECT 'event', CONCAT_WS('.', EVENT_SCHEMA, EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA ${within}`,
  );
  const of = (kind: string): string =>
    rows.flatMap((row) => (row.kind === kind ? [row.name] : [])).join(", ");
  const [triggers, events] = [of("trigger"), of("event")];
  const scheduler = await variable(target, "event_scheduler");
  return [
    ...(triggers === ""
      ? []
      : [
          {
            ...{ path: "source: triggers", found: triggers },
            problem:
              "they are carried, and hold back at the target while it follows: their effects arrive as rows",
          },
        ]),
    ...(events === ""
      ? []
      : [
          {
            ...{ path: "source: events", found: events },
            problem: `they are carried, and hold back at the target while it is read only; its event_scheduler is ${scheduler}`,
            ...(scheduler === "ON"
              ? {}
              : { remedy: "SET GLOBAL event_scheduler = ON at the target once it is promoted" }),
          },
        ]),
  ];
}

/** A session's time zone travels by its name. */
async function timeZones(source: Source, target: Target): Promise<readonly Fault[]> {
  const known = "SELECT CONVERT_TZ('2020-01-01 00:00:00', 'UTC', 'Europe/Berlin') IS NOT NULL AS known";
  const [there] = await source.rows<{ known: string | number }>(known);
  const [here] = await target.rows<{ known: string | number }>(known);
  if (Number(there?.known) !== 1 || Number(here?.known) === 1) return [];
  return [
    {
      path: "target: time zones",
      problem:
        "the source knows them by their names and the target does not: a schema change of a session with a named one stops the link",
      remedy: "mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql, at the target",
    },
  ];
}

async function variable(target: Target, name: string): Promise<string> {
  const [row] = await target.rows<Record<string, string>>(`SHOW GLOBAL VARIABLES LIKE ${quoteString(name)}`);
  return Object.values(row ?? {})[1] ?? "nothing";
}

function path({ database, name }: Named): string {
  return `source: table ${database}.${name}`;
}

function full({ database, name }: Named): string {
  return `${quoteName(database)}.${quoteName(name)}`;
}
