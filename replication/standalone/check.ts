import type { Clock } from "../../core/clock.ts";
import { HotsiteError, messageOf, PreflightError, type Fault } from "../../core/errors.ts";
import type { LinkEnds } from "../link-ends.ts";
import { quoteName, quoteString } from "../literal.ts";
import { preflightSource } from "../preflight.ts";
import { preflightTarget } from "../preflight-target.ts";
import { Target } from "../target.ts";
import { hasOwnSchema, ownSchemaText } from "./own-schema.ts";
import type { LinkDeclaration } from "./spec.ts";

/** Everything at once that keeps a link from beginning as declared, each with what mends it. Changes nothing. */
export async function checkLink(
  declaration: LinkDeclaration,
  ends: LinkEnds,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  const { source, target, databases, selection } = ends;
  const copies = declaration.firstCopy === true;
  const parts = [
    asFaults("source", preflightSource({ source, databases, selection, clock }, signal)),
    asFaults("target", targetFaults(declaration, ends, signal)),
    asFaults("log", ends.checkLog?.() ?? Promise.resolve([])),
  ];
  const found = (await Promise.all(parts)).flat();
  // One that cannot be asked cannot be compared with the other.
  if (found.some(({ path }) => path === "source" || path === "target")) return found;
  return [
    ...found,
    ...(await asFaults("target", preflightTarget({ source, target, databases, selection, copies }, signal))),
  ];
}

/** A server that cannot be asked is a fault beside those of the other one. */
async function asFaults(path: string, asked: Promise<readonly Fault[]>): Promise<readonly Fault[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof PreflightError) return error.faults;
    if (!(error instanceof HotsiteError)) throw error;
    return [{ path, problem: messageOf(error), ...(error.hint !== undefined && { remedy: error.hint }) }];
  }
}

async function targetFaults(
  declaration: LinkDeclaration,
  { target: server, selection }: LinkEnds,
  signal: AbortSignal,
): Promise<readonly Fault[]> {
  await using target = await Target.ask(server, signal);
  return [
    ...(await schemaFaults(target)),
    ...(await otherLinks(target, declaration.name)),
    ...(declaration.firstCopy === true
      ? await replacedDatabases(target, declaration, selection.databasesAtTarget)
      : []),
  ];
}

async function schemaFaults(target: Target): Promise<readonly Fault[]> {
  if (await hasOwnSchema(target)) return [];
  const rows = await target.rows<Record<string, string>>("SHOW GRANTS");
  const grants = rows.flatMap((row) => Object.values(row));
  if (grants.some(mayCreate)) return [];
  const remedy = `run these there as an administrator:\n${ownSchemaText}`;
  return [
    { path: "target: schema hotsite", problem: "it is not there, and the user may not make it", remedy },
  ];
}

function mayCreate(grant: string): boolean {
  const [, privileges = "", place = ""] = /^GRANT (.+) ON (\S+) TO /.exec(grant) ?? [];
  const held = privileges.split(", ");
  return (
    ["*.*", "`hotsite`.*"].includes(place) && (held.includes("CREATE") || held.includes("ALL PRIVILEGES"))
  );
}

/** Epochs count for a whole server: a newer one of another link would end this one, or the other way round. */
async function otherLinks(target: Target, name: string): Promise<readonly Fault[]> {
  if (!(await hasOwnSchema(target))) return [];
  const rows = await target.rows<{ stream: string }>(
    `SELECT stream FROM hotsite.checkpoint WHERE stream NOT LIKE ${quoteString(`${name}/%`)} ORDER BY stream`,
  );
  return rows.map(({ stream }) => ({
    path: "target: hotsite.checkpoint",
    problem: "the server follows another link; it can be the target of one",
    found: stream,
    remedy: `if that one is over: DELETE FROM hotsite.checkpoint WHERE stream = ${quoteString(stream)}`,
  }));
}

/** The first copy drops them; only somebody who says so wants that. */
async function replacedDatabases(
  target: Target,
  { name, replaceTarget }: LinkDeclaration,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  if (replaceTarget || (await isKnown(target, name))) return [];
  return presentDatabases(target, databases);
}

/** Which of these a first copy would drop. */
export async function presentDatabases(
  target: Target,
  databases: readonly string[],
): Promise<readonly Fault[]> {
  if (databases.length === 0) return [];
  const rows = await target.rows<{ name: string; tables: string | number }>(
    `SELECT TABLE_SCHEMA AS name, COUNT(*) AS tables FROM information_schema.TABLES
     WHERE TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")}) GROUP BY TABLE_SCHEMA`,
  );
  return rows.map((row) => ({
    path: `target: database ${row.name}`,
    problem: "it is there already, and the first copy would replace it",
    found: `${row.tables} tables`,
    remedy: `DROP DATABASE ${quoteName(row.name)}, or say replaceTarget: true, or firstCopy: false if both are equal`,
  }));
}

/** What is there came by this very link. */
async function isKnown(target: Target, name: string): Promise<boolean> {
  if (!(await hasOwnSchema(target))) return false;
  const like = quoteString(`${name}/%`);
  const rows = await target.rows<unknown>(
    `SELECT 1 FROM hotsite.checkpoint WHERE stream LIKE ${like} LIMIT 1`,
  );
  return rows.length > 0;
}
