import { quoteString } from "./literal.ts";
import { hashOf, nameOf, type ComparedTable, type Reads } from "./verify-rows.ts";

/** How often each row is there, by its checksum. */
export type RowCounts = ReadonlyMap<string, number>;

/** Rows of a table without a key are told apart by the beginning of their checksums: a part of the table each, of about one in 4,096. */
export function differingParts(
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): readonly string[] {
  const parts = new Set([...ours.keys(), ...theirs.keys()]);
  return [...parts].filter((part) => ours.get(part) !== theirs.get(part)).sort();
}

/** What each part holds. */
export async function summarizeParts(
  server: Reads,
  table: ComparedTable,
): Promise<ReadonlyMap<string, string>> {
  const part = (start: number): string => `CAST(CONV(SUBSTR(h, ${start}, 15), 16, 10) AS UNSIGNED)`;
  const rows = await server.rows<{ part: string; summary: string }>(
    `SELECT LEFT(h, 3) AS part, CONCAT_WS('/', COUNT(*), BIT_XOR(${part(4)}), SUM(${part(19)})) AS summary
     FROM (SELECT ${hashOf(table)} AS h FROM ${nameOf(table)}) AS hashes GROUP BY LEFT(h, 3)`,
  );
  return new Map(rows.map(({ part: name, summary }) => [name, summary]));
}

/** The rows of some parts. */
export async function countRows(
  server: Reads,
  table: ComparedTable,
  parts: readonly string[],
): Promise<RowCounts> {
  const rows = await server.rows<{ h: string; n: number | string }>(
    `SELECT h, COUNT(*) AS n FROM (SELECT ${hashOf(table)} AS h FROM ${nameOf(table)}) AS hashes
     WHERE LEFT(h, 3) IN (${parts.map(quoteString).join(", ")}) GROUP BY h`,
  );
  return new Map(rows.map(({ h, n }) => [h, Number(n)]));
}
