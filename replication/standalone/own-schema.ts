import { HotsiteError } from "../../core/errors.ts";
import { schemaSql } from "../schema.ts";

/** A connection to either server. */
export interface Asked {
  rows<T>(sql: string): Promise<readonly T[]>;
  run(sql: string): Promise<unknown>;
}

/**
 * What makes the schema `hotsite`. Written to the binlog, unlike on the nodes of an application: servers that replicate from this one get the
 * rows of these tables, so they need the tables.
 */
export const ownSchemaStatements: readonly string[] = schemaSql
  .split(";\n")
  .map((sql) => sql.trim())
  .filter((sql) => sql !== "" && !sql.startsWith("SET "));

const tables = ownSchemaStatements.flatMap((sql) => /EXISTS hotsite\.(\w+)/.exec(sql)?.[1] ?? []);

/** Whether each of its tables is there, as far as the user may see them. */
export async function hasOwnSchema(server: Asked): Promise<boolean> {
  const rows = await server.rows<{ name: string }>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'hotsite'",
  );
  const present = new Set(rows.map(({ name }) => name));
  return tables.every((name) => present.has(name));
}

/** Makes what is missing of it. Throws `HotsiteError` "own-schema" with the statements when the user may not. */
export async function ensureOwnSchema(server: Asked, end: "source" | "target"): Promise<void> {
  if (await hasOwnSchema(server)) return;
  try {
    for (const sql of ownSchemaStatements) await server.run(sql);
  } catch (cause) {
    if (cause instanceof HotsiteError && cause.retryable) throw cause;
    throw new HotsiteError("own-schema", `the ${end}'s user may not make the schema hotsite there`, {
      cause,
      hint: `run these there as an administrator:\n${ownSchemaText}`,
      details: { statements: ownSchemaStatements },
    });
  }
}

/** The statements for somebody who may run them. */
export const ownSchemaText = ownSchemaStatements.map((sql) => `${sql};`).join("\n");
