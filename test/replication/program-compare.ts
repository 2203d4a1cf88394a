import type { DatabaseServer } from "../support/database-server.ts";

/** What a server says of databases and of the programs in them, by name. What a link puts around triggers and events is left out. */
export async function programsOf(
  server: DatabaseServer,
  databases: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const within = `IN (${databases.map((name) => `'${name}'`).join(", ")})`;
  const found: Record<string, string> = {};
  for (const [kind, sql] of Object.entries(questions))
    for (const { name, ...told } of await server.query(sql.replace("?", within)))
      found[`${kind} ${String(name)}`] = JSON.stringify(unguarded(told));
  return found;
}

const session = "SQL_MODE, DEFINER, COLLATION_CONNECTION, DATABASE_COLLATION";

const questions = {
  database: `SELECT SCHEMA_NAME AS name, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME
    FROM information_schema.SCHEMATA WHERE SCHEMA_NAME ?`,
  routine: `SELECT CONCAT(ROUTINE_SCHEMA, '.', SPECIFIC_NAME, ' ', ROUTINE_TYPE) AS name, DTD_IDENTIFIER, ROUTINE_DEFINITION AS body,
      SQL_DATA_ACCESS, IS_DETERMINISTIC, SECURITY_TYPE, ROUTINE_COMMENT, ${session},
      (SELECT JSON_ARRAYAGG(CONCAT_WS(' ', ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER))
       FROM information_schema.PARAMETERS p WHERE p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA AND p.SPECIFIC_NAME = r.SPECIFIC_NAME) AS parameters
    FROM information_schema.ROUTINES r WHERE ROUTINE_SCHEMA ?`,
  trigger: `SELECT CONCAT(TRIGGER_SCHEMA, '.', TRIGGER_NAME) AS name, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER,
      EVENT_OBJECT_TABLE, ACTION_STATEMENT AS body, ${session}
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA ?`,
  event: `SELECT CONCAT(EVENT_SCHEMA, '.', EVENT_NAME) AS name, EVENT_DEFINITION AS body, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE,
      INTERVAL_FIELD, STARTS, ENDS, STATUS, ON_COMPLETION, EVENT_COMMENT, TIME_ZONE, ${session}
    FROM information_schema.EVENTS WHERE EVENT_SCHEMA ?`,
};

function unguarded(told: Record<string, unknown>): Record<string, unknown> {
  const body = /^BEGIN IF @\S+ (?:IS NULL|= 0) THEN ([^]*)\n; END IF; END$/.exec(String(told["body"]))?.[1];
  return body === undefined ? told : { ...told, body };
}
