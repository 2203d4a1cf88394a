import { HotsiteError } from "../core/errors.ts";
import { quoteName } from "./literal.ts";
import type { SchemaStatement } from "./record.ts";

/** Whoever shows definitions: the source's connection and the target's. */
export interface Shows {
  rows<T>(sql: string): Promise<readonly T[]>;
  raw(sql: string): Promise<readonly (readonly (Buffer | null)[])[]>;
}

/** Places of the columns of a SHOW CREATE. */
export interface ShownPlaces {
  readonly text: number;
  readonly sqlMode?: number;
  readonly collation?: number;
  readonly timeZone?: number;
}

/** What one SHOW CREATE says. Throws "unsupported-schema" when the source keeps it to itself. */
export async function shown(
  server: Shows,
  database: string,
  show: string,
  places: ShownPlaces,
): Promise<SchemaStatement> {
  const [row = []] = await server.raw(show);
  const column = (place: number | undefined): string | undefined =>
    place === undefined ? undefined : row[place]?.toString("utf8");
  const sql = column(places.text);
  if (sql === undefined) {
    throw new HotsiteError("unsupported-schema", `the server does not show it: ${show}`, {
      hint: "its user may not see it; hotsite install prints the GRANT that is missing",
    });
  }
  const timeZone = column(places.timeZone);
  return {
    ...{ sql, database, sqlMode: column(places.sqlMode) ?? "" },
    collationConnection: column(places.collation) ?? "utf8mb4_general_ci",
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

export function fullName({ database, table }: { readonly database: string; readonly table: string }): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}

/** One after the other: they share a connection. */
export async function each<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const one of list) results.push(await work(one));
  return results;
}
