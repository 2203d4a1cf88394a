import { database, type BenchRow, type Operation } from "./work.ts";

/** Rows of one statement that batches by hand. */
export const rowsAStatement = 1000;

export function operationSql({ kind, table, row }: Operation): string {
  const name = `${database}.${table}`;
  if (kind === "insert") return `INSERT INTO ${name} VALUES ${values(row)}`;
  if (kind === "delete") return `DELETE FROM ${name} WHERE id = ${row.id}`;
  return `UPDATE ${name} SET n = ${row.n}, amount = ${row.amount} WHERE id = ${row.id}`;
}

export function insertsSql(table: string, rows: readonly BenchRow[]): readonly string[] {
  return slices(rows).map((some) => `INSERT INTO ${database}.${table} VALUES ${some.map(values).join(", ")}`);
}

export function upsertsSql(table: string, rows: readonly BenchRow[]): readonly string[] {
  const columns = ["n", "code", "amount", "note", "at"].map((name) => `${name} = VALUES(${name})`).join(", ");
  return insertsSql(table, rows).map((sql) => `${sql} ON DUPLICATE KEY UPDATE ${columns}`);
}

export function deletesSql(table: string, ids: readonly number[]): readonly string[] {
  return slices(ids).map((some) => `DELETE FROM ${database}.${table} WHERE id IN (${some.join(", ")})`);
}

/** No text of the bench holds a quote but an apostrophe. */
function values({ id, n, code, amount, note, at }: BenchRow): string {
  return `(${id}, ${n}, '${code}', ${amount}, '${note.replaceAll("'", "''")}', '${at}')`;
}

function slices<T>(list: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(list.length / rowsAStatement);
  return Array.from({ length: count }, (_, place) =>
    list.slice(place * rowsAStatement, (place + 1) * rowsAStatement),
  );
}
