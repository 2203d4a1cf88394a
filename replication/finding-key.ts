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

export type GeneratedColumn = Pick<KeyPart, "database" | "table" | "name">;

export interface KeyPart {
  readonly database: string;
  readonly table: string;
  readonly index: string;
  readonly name: string | null;
  /** Whether rows can be found by it. */
  readonly usable: number | string;
}

/** The keys of all tables of these databases, or of one table; a table without one is not among them. */
export async function readFindingKeys(
  server: Asks,
  databases: readonly string[],
  table?: string,
): Promise<readonly FindingKey[]> {
  const sql = findingKeysSql(databases, table);
  const parts = await server.rows<KeyPart>(sql.parts);
  return findingKeysOf(parts, await server.rows<GeneratedColumn>(sql.generated));
}

/** The best of these keys, of each table. */
export function findingKeysOf(
  parts: readonly KeyPart[],
  generated: readonly GeneratedColumn[],
): readonly FindingKey[] {
  const best = new Map<string, FindingKey>();
  for (const key of wholeKeys(withoutGenerated(parts, generated))) {
    const name = JSON.stringify([key.database, key.table]);
    const before = best.get(name);
    if (before === undefined || isBetter(key, before)) best.set(name, key);
  }
  return [...best.values()];
}

/** What has to be asked. Without a join: a server has no index over its catalogue, and would compare each key with each column. */
export function findingKeysSql(
  databases: readonly string[],
  table?: string,
): { readonly parts: string; readonly generated: string } {
  const of = table === undefined ? "" : ` AND TABLE_NAME = ${quoteString(table)}`;
  const where = `TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})${of}`;
  const generated = `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, COLUMN_NAME AS name FROM information_schema.COLUMNS
     WHERE COALESCE(GENERATION_EXPRESSION, '') <> '' AND ${where}`;
  return { parts: keysSql(where), generated };
}

/** The value of a generated column only the server knows. */
function withoutGenerated(
  parts: readonly KeyPart[],
  generated: readonly GeneratedColumn[],
): readonly KeyPart[] {
  const placeOf = (one: GeneratedColumn): string => JSON.stringify([one.database, one.table, one.name]);
  const unknown = new Set(generated.map(placeOf));
  return parts.map((part) => (unknown.has(placeOf(part)) ? { ...part, usable: 0 } : part));
}

/** Rows that are unique by the beginning of a text are so by all of it, but its index does not give their order. */
function keysSql(where: string): string {
  return `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS \`table\`, INDEX_NAME AS \`index\`, COLUMN_NAME AS name,
      NULLABLE <> 'YES' AND (INDEX_NAME = 'PRIMARY' OR SUB_PART IS NULL) AS usable
    FROM information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND ${where}
    ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`;
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
