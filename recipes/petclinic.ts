import type { CommonParams } from "./spec.ts";
import type { WarInput, WarParams } from "./tomcat/war-params.ts";
import { war } from "./tomcat/war.ts";

/** The database that the example application brings: tables and first data. Paths are those of `examples/petclinic`. */
export const petclinicDatabase = { seed: ["sql/schema.sql", "sql/data.sql"] };

/** What `petclinic` takes: the database, and anything of `war` that should differ. */
export type PetclinicInput = Partial<WarInput> &
  CommonParams<WarParams> & {
    /** `db.jdbc("petclinic", "clinic")`. */
    readonly database: NonNullable<WarInput["dataSources"]>[string];
  };

/** The example application: a `war` that knows its own folder, data source and health path, and starts on a read-only database. */
export function petclinic(name: string, { database, ...rest }: PetclinicInput): ReturnType<typeof war> {
  return war(name, {
    war: "./app",
    health: "/health",
    startsReadOnly: true,
    ...rest,
    dataSources: { ...rest.dataSources, "jdbc/petclinic": database },
  });
}
