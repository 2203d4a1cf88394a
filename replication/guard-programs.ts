import { HotsiteError } from "../core/errors.ts";
import { readTriggers } from "./copy-programs.ts";
import { guarded } from "./guard.ts";
import type { Identity } from "./identity.ts";
import { schemaContextSql } from "./session.ts";
import { wholeDatabases } from "./selection/selection.ts";
import type { Target } from "./target.ts";

/**
 * Guards the triggers of a database that was a primary before and follows another one now. Each is replaced by itself at once; all of a
 * table are, in their order, since what is replaced comes last.
 */
export async function guardTriggers(target: Target, identity: Identity, database: string): Promise<void> {
  const { flavour } = target.version;
  if (flavour === "mysql") throw unguarded(database);
  for (const trigger of await readTriggers(target, wholeDatabases([database]))) {
    const sql = guarded(trigger.sql, trigger.sqlMode.includes("ANSI_QUOTES"));
    const context = [...identity.own(), schemaContextSql(trigger, flavour)].join(";\n");
    await target.run(context);
    await target.run(sql.replace(/^CREATE (?!OR REPLACE\b)/i, "CREATE OR REPLACE "), 0);
  }
  await target.beginSession();
}

/** MySQL cannot replace a trigger without a moment in which there is none. */
function unguarded(database: string): HotsiteError {
  return new HotsiteError("triggers", `the target's ${database} has triggers: they would change rows twice`, {
    hint: `drop the triggers of ${database} at the target; their effects arrive from the source as rows`,
  });
}
