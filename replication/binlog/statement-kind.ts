import { hasAnsiQuotes } from "../definer.ts";
import type { StatementChange } from "../record.ts";
import { deedOf, refuse } from "./statement-names.ts";
import { tokensOf } from "./statement-tokens.ts";

/** What becomes of a statement: it is carried to the target, or it concerns nothing that is replicated. */
export type StatementKind = "carry" | "pass";

/** Decides by what a statement does and to which databases. Throws "unsupported-event" for whatever it cannot tell or carry. */
export function statementKind(statement: StatementChange, databases: ReadonlySet<string>): StatementKind {
  const { sql, sqlMode, database } = statement;
  const deed = deedOf(sql, tokensOf(sql, hasAnsiQuotes(sqlMode)), database);
  if (deed === "nothing") return "pass";
  const inside = deed.names.filter((one) => databases.has(one.database));
  if (inside.length === 0) return "pass";
  if (inside.length === deed.names.length) return "carry";
  throw refuse(
    sql,
    "it touches databases that are replicated and others that are not",
    "replicate both, or use statements of their own",
  );
}
