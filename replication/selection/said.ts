import type { HotsiteError } from "../../core/errors.ts";
import { deedOf, refuse, type Deed, type NamedObject } from "../binlog/statement-names.ts";
import { tokensOf, type Token } from "../binlog/statement-tokens.ts";
import type { TableName } from "../record.ts";

/** A statement, with what its text means. */
export interface Said {
  readonly sql: string;
  readonly database: string;
  /** Double quotes stand around names. */
  readonly ansi: boolean;
  /** A backslash in a text is one. */
  readonly literal: boolean;
}

/** A statement that was read. */
export interface Read {
  readonly tokens: readonly Token[];
  readonly deed: Deed;
}

export function readStatement({ sql, ansi, database }: Said): Read {
  const tokens = tokensOf(sql, ansi);
  // How far a sequence has counted is told as a row.
  const deed = tokens[0]?.text === "INSERT" ? undefined : deedOf(sql, tokens, database);
  return {
    tokens,
    deed: deed === undefined || deed === "nothing" ? { verb: "", kind: "", names: [] } : deed,
  };
}

export function tableOf({ database, name }: NamedObject): TableName {
  return { database, table: name };
}

/** A statement that cannot be told to a target which has only a part. */
export function stop({ sql }: Said, problem: string, hint: string): HotsiteError {
  return refuse(sql, problem, hint);
}

export const byHand = "run your own version of it at the target, then skip it: hotsite replication skip";
export const newCopy = "make a new first copy: hotsite replication reseed";

export function orLeaveOut({ kind }: Deed): string {
  if (kind === "TABLE") return "replicate both tables, or drop the foreign key at the source";
  return kind === "VIEW" ? "leave the view out, too: tables.exclude" : "leave it out, too: programs.exclude";
}
