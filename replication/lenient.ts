import type { Statement } from "./statements.ts";
import { sqlModeSql } from "./session.ts";
import { TargetError, type Target } from "./target.ts";

/**
 * What a strict session refuses, the source may have taken: a generated column or a check that only warns, the largest value of a column,
 * and by IGNORE also a generated column that must not be NULL and is. Such a row is written as leniently as it needs, and has to be there
 * to the byte. So is a row deleted whose generated columns cannot be computed. Gives how many rows the statement found or made; undefined
 * when that does not help.
 */
export async function writtenLeniently(
  target: Target,
  { sql, kept }: Statement,
): Promise<number | undefined> {
  if (sql.startsWith("DELETE ")) return triedLeniently(target, sql);
  if (kept === undefined) return undefined;
  const before = await count(target, kept);
  for (const lenient of [sql, ignoring(sql)]) {
    const rows = await triedLeniently(target, lenient);
    if (rows !== undefined && (await count(target, kept)) > before) return rows;
  }
  return undefined;
}

function ignoring(sql: string): string {
  return sql.replace(/^(INSERT|UPDATE) (?!IGNORE )/, "$1 IGNORE ");
}

async function triedLeniently(target: Target, sql: string): Promise<number | undefined> {
  try {
    await target.run(sqlModeSql(true));
    const [rows] = await target.run(sql);
    await target.run(sqlModeSql(false));
    return rows;
  } catch (error) {
    if (error instanceof TargetError) return undefined;
    throw error;
  }
}

async function count(target: Target, sql: string): Promise<number> {
  const [row] = await target.rows<{ n: string | number }>(sql);
  return Number(row?.n);
}
