import { HotsiteError, type Fault } from "../core/errors.ts";
import type { Asks } from "./finding-key.ts";
import { quoteString } from "./literal.ts";
import type { TableName } from "./record.ts";
import type { Selection } from "./selection/selection.ts";

const remedy =
  "SET GLOBAL read_only = ON at the target (the link writes all the same), or event_scheduler = OFF until it takes over";

/** What helps where an event cannot be made. */
export const quietHint = `${remedy}; then resume`;

/** Whether events act at the target while it follows: those of a link hold back where it is read-only. */
export async function runsEvents(target: Asks): Promise<boolean> {
  const [row] = await target.rows<{ runs: string | number }>(
    "SELECT @@GLOBAL.read_only = 0 AND @@GLOBAL.event_scheduler = 'ON' AS runs",
  );
  return Number(row?.runs) === 1;
}

/** Throws "events" where a link's events would do a second time what arrives as rows. */
export async function requireQuietEvents(target: Asks): Promise<void> {
  if (!(await runsEvents(target))) return;
  const rows = await target.rows<{ name: string }>(
    `SELECT CONCAT_WS('.', EVENT_SCHEMA, EVENT_NAME) AS name FROM information_schema.EVENTS
     WHERE STATUS = 'ENABLED' AND EVENT_DEFINITION LIKE 'BEGIN IF @@GLOBAL.read\\_only = 0 %'`,
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(", ");
  throw new HotsiteError("events", `the target is writable and runs its events ${names}: ${twice}`, {
    hint: quietHint,
  });
}

export const twice = "they would do a second time what arrives from the source as rows";

/** The same, before anything is copied: of the source's events. */
export async function eventFaults(
  source: Asks,
  target: Asks,
  selection: Selection,
): Promise<readonly Fault[]> {
  if (!(await runsEvents(target))) return [];
  const all = await source.rows<TableName>(
    `SELECT EVENT_SCHEMA AS \`database\`, EVENT_NAME AS \`table\` FROM information_schema.EVENTS
     WHERE EVENT_SCHEMA IN (${selection.databases.map(quoteString).join(", ")})`,
  );
  const names = all.flatMap((event) =>
    selection.hasProgram(event) ? [`${event.database}.${event.table}`] : [],
  );
  if (names.length === 0) return [];
  const problem = `it runs events, and the source has ${names.join(", ")}: ${twice}`;
  return [{ path: "target: read_only", problem, found: "OFF", allowed: "ON", remedy }];
}
