import { HotsiteError } from "../core/errors.ts";
import { quoteName } from "./literal.ts";
import type { SchemaStatement } from "./record.ts";

/** Whoever shows definitions: the source's connection and the target's. */
export interface Shows {
  rows<T>(sql: string): Promise<readonly T[]>;
  raw(sql: string): Promise<readonly RawRow[]>;
}

/** Values as the server sent them. */
export type RawRow = readonly (Buffer | null)[];

/** Whoever answers several questions in one exchange: the source's connection, which may be far away. */
export interface ShowsMany extends Shows {
  /** Of each statement its rows. There are at least two. */
  rawLists(statements: readonly string[]): Promise<readonly (readonly RawRow[])[]>;
}

/** So many definitions come with one exchange. */
const together = 50;

/** What each SHOW CREATE says, in order. */
export async function shownAll(
  server: ShowsMany,
  asked: readonly { readonly database: string; readonly show: string }[],
  places: ShownPlaces,
): Promise<readonly SchemaStatement[]> {
  const statements: SchemaStatement[] = [];
  for (let start = 0; start < asked.length; start += together) {
    const some = asked.slice(start, start + together);
    const shows = some.map(({ show }) => show);
    const lists = shows.length === 1 ? [await server.raw(shows.join(""))] : await server.rawLists(shows);
    for (const [index, { database, show }] of some.entries())
      statements.push(definitionOf(lists[index]?.[0] ?? [], database, show, places));
  }
  return statements;
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
  return definitionOf(row, database, show, places);
}

function definitionOf(row: RawRow, database: string, show: string, places: ShownPlaces): SchemaStatement {
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
