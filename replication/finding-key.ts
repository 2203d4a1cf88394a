import { quoteString } from "./literal.ts";

/** The key by which rows of a table are found: the primary key, else the shortest unique one that has no NULLs. */
export interface FindingKey {
  readonly database: string;
  readonly table: string;
  /** Name of its index. */
  readonly index: string;
  /** In key order. */
  readonly columns: readonly string[];
}

/** Whoever can ask a server: the source's connection and the target's. */
export interface Asks {
  rows<T>(sql: string): Promise<readonly T[]>;
}

interface KeyPart {
  readonly database: string;
  readonly table: string;
  readonly index: string;
  readonly name: string | null;
  /** Whether rows can be found by it: it has neither NULLs nor a value that only the server knows. */
  readonly usable: number | string;
}

/** The keys of all tables of these databases, or of one table; a table without one is not among them. */
export async function readFindingKeys(
  server: Asks,
  databases: readonly string[],
  table?: string,
): Promise<readonly FindingKey[]> {
  const parts = await server.rows<KeyPart>(keysSql(databases, table));
  const best = new Map<string, FindingKey>();
  for (const key of wholeKeys(parts)) {
    const name = JSON.stringify([key.database, key.table]);
    const before = best.get(name);
    if (before === undefined || isBetter(key, before)) best.set(name, key);
  }
  return [...best.values()];
}

/** Rows that are unique by the beginning of a text are so by all of it, but its index does not give their order. */
function keysSql(databases: readonly string[], table: string | undefined): string {
  const of = table === undefined ? "" : ` AND s.TABLE_NAME = ${quoteString(table)}`;
  return `SELECT s.TABLE_SCHEMA AS \`database\`, s.TABLE_NAME AS \`table\`, s.INDEX_NAME AS \`index\`, s.COLUMN_NAME AS name,
      c.IS_NULLABLE = 'NO' AND COALESCE(c.GENERATION_EXPRESSION, '') = '' AND (s.INDEX_NAME = 'PRIMARY' OR s.SUB_PART IS NULL) AS usable
    FROM information_schema.STATISTICS s LEFT JOIN information_schema.COLUMNS c
      ON c.TABLE_SCHEMA = s.TABLE_SCHEMA AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME
    WHERE s.NON_UNIQUE = 0 AND s.TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})${of}
    ORDER BY s.TABLE_SCHEMA, s.TABLE_NAME, s.INDEX_NAME, s.SEQ_IN_INDEX`;
}

function wholeKeys(parts: readonly KeyPart[]): readonly FindingKey[] {
  const keys = new Map<string, KeyPart[]>();
  for (const part of parts) {
    const name = JSON.stringify([part.database, part.table, part.index]);
    keys.set(name, [...(keys.get(name) ?? []), part]);
  }
  return [...keys.values()].flatMap((all) => {
    const columns = all.flatMap(({ name, usable }) => (name !== null && Number(usable) === 1 ? [name] : []));
    const [first] = all;
    if (first === undefined || columns.length < all.length) return [];
    return [{ database: first.database, table: first.table, index: first.index, columns }];
  });
}

function isBetter(key: FindingKey, than: FindingKey): boolean {
  if (than.index === "PRIMARY") return false;
  return key.index === "PRIMARY" || key.columns.length < than.columns.length;
}
