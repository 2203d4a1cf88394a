import type { Statement } from "./statements.ts";
import { sqlModeSql } from "./session.ts";
import { TargetError, type Target } from "./target.ts";

/**
 * What a strict session refuses, the source may have taken: a generated column or a check that only warns, the largest value of a column.
 * Such a row is written without strictness, and has to be there to the byte. Gives how many rows the statement found or made; undefined
 * when that does not help.
 */
export async function writtenLeniently(
  target: Target,
  { sql, kept }: Statement,
): Promise<number | undefined> {
  if (kept === undefined) return undefined;
  const before = await count(target, kept);
  try {
    await target.run(sqlModeSql(true));
    const [rows] = await target.run(sql);
    await target.run(sqlModeSql(false));
    return (await count(target, kept)) > before ? rows : undefined;
  } catch (error) {
    if (error instanceof TargetError) return undefined;
    throw error;
  }
}

async function count(target: Target, sql: string): Promise<number> {
  const [row] = await target.rows<{ n: string | number }>(sql);
  return Number(row?.n);
}
