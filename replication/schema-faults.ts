import { HotsiteError, type Fault } from "../core/errors.ts";
import { schemaAtPosition } from "./copy-schema.ts";
import { isAtLeast } from "./flavour.ts";
import { interpreterFor } from "./foreign/foreign.ts";
import { quoteString } from "./literal.ts";
import type { Source } from "./source.ts";
import type { Target } from "./target.ts";

/** What the source's databases use and the target does not have. */
export async function schemaFeatureFaults(
  source: Source,
  target: Target,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const within = `IN (${databases.map(quoteString).join(", ")})`;
  const foreign = source.version.flavour !== target.version.flavour;
  return [
    ...(await typeFaults(source, target, within)),
    ...(foreign
      ? await statementFaults(source, target, databases)
      : await collationFaults(source, target, within)),
    ...(await functionFaults(source, target, within)),
  ];
}

interface Column {
  readonly place: string;
  readonly value: string;
}

async function typeFaults(source: Source, target: Target, within: string): Promise<readonly Fault[]> {
  const absent = absentTypes(target);
  if (absent.length === 0) return [];
  const rows = await source.rows<Column>(
    `SELECT CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME) AS place, DATA_TYPE AS value FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA ${within} AND DATA_TYPE IN (${absent.map(quoteString).join(", ")})`,
  );
  return rows.map(({ place, value }) => ({
    path: `source: column ${place}`,
    problem: "the target has no such type",
    found: value,
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
async function collationFaults(source: Source, target: Target, within: string): Promise<readonly Fault[]> {
  const rows = await source.rows<Column>(
    `SELECT CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME) AS place, COLLATION_NAME AS value
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${within} AND COLLATION_NAME IS NOT NULL
     UNION SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ${within}`,
  );
  const interpreter = await interpreterFor(target);
  return rows
    .filter(({ value }) => !interpreter.knows(value))
    .map(({ place, value }) => ({
      path: `source: ${place}`,
      problem: "the target has no such collation",
      found: value,
      remedy: "change the collation at the source, or take a newer server as target",
    }));
}

/** Between two kinds of servers each statement that makes a part of the schema is translated now, to see whether it can be. */
async function statementFaults(
  source: Source,
  target: Target,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  const present = await source.rows<{ name: string }>(
    `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${databases.map(quoteString).join(", ")})`,
  );
  if (present.length === 0) return [];
  const { before, after } = await schemaAtPosition(
    source,
    present.map(({ name }) => name),
  );
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
async function functionFaults(source: Source, target: Target, within: string): Promise<readonly Fault[]> {
  const [trust] = await target.rows<Record<string, string>>(
    "SHOW GLOBAL VARIABLES LIKE 'log_bin_trust_function_creators'",
  );
  if (trust === undefined || Object.values(trust).includes("ON")) return [];
  const rows = await source.rows<{ name: string }>(
    `SELECT CONCAT_WS('.', ROUTINE_SCHEMA, ROUTINE_NAME) AS name FROM information_schema.ROUTINES
     WHERE ROUTINE_TYPE = 'FUNCTION' AND ROUTINE_SCHEMA ${within}`,
  );
  if (rows.length === 0) return [];
  return [
    {
      path: "target: log_bin_trust_function_creators",
      problem: `the applier could not make ${rows.map(({ name }) => name).join(", ")}`,
      ...{ found: "OFF", allowed: "ON" },
      remedy: "SET GLOBAL log_bin_trust_function_creators = ON",
    },
  ];
}
