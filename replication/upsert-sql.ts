import { sameAt, sizeOf, type RowImage } from "./row-image.ts";
import {
  columnAt,
  columnName,
  hasRefusedValue,
  insertSql,
  isSetAlways,
  maxStatementBytes,
  maxStatementRows,
  sameKey,
  sameValues,
  type TargetTable,
} from "./row-sql.ts";

/** Larger rows are not sent whole for the sake of a few columns. */
const maxUpsertBytes = 2048;

/** Pieces of the updates, from and to: alone, or as many neighbours as may be one `upsertSql`. */
export function* upsertable(
  table: TargetTable,
  before: readonly RowImage[],
  after: readonly RowImage[],
): Generator<readonly [number, number]> {
  let [start, bytes] = [0, 0];
  for (const [place, row] of before.entries()) {
    const image = after[place] ?? row;
    const size = sizeOf(image);
    const alone = !upserts(table, row, image);
    if (place > start && (alone || bytes + size > maxStatementBytes || place - start === maxStatementRows)) {
      yield [start, place];
      [start, bytes] = [place, 0];
    }
    bytes += size;
    if (!alone) continue;
    yield [start, place + 1];
    [start, bytes] = [place + 1, 0];
  }
  if (start < before.length) yield [start, before.length];
}

/** Whether an update may be part of an `upsertSql`: it has to count as 2, so something changes, and it is not the key. */
function upserts(table: TargetTable, before: RowImage, after: RowImage): boolean {
  const { schema, keys, written } = table;
  return (
    sameKey(table, before, after) &&
    !sameValues(written, before, after) &&
    !hasRefusedValue(table, after) &&
    sizeOf(after) < maxUpsertBytes &&
    (!keys.otherUnique || schema.primaryKey.every((place) => guards.has(columnAt(table, place).type)))
  );
}

/** An expression gives values of these types back as they are stored. */
const guards: ReadonlySet<string> = new Set([
  "int",
  "decimal",
  "text",
  "bytes",
  "date",
  "datetime",
  "timestamp",
]);

/**
 * Updates of several rows by their primary key. Each counts as 2 when the row was there and is different now, as 1 when it was inserted or
 * left as it was: a sum of 2 a row proves all of them. Where the insertion may meet another row by another unique key, NULL as its primary
 * key stops the statement.
 */
export function upsertSql(
  table: TargetTable,
  before: readonly RowImage[],
  after: readonly RowImage[],
): string {
  const { primaryKey } = table.schema;
  const changed = table.written.filter(
    (place) =>
      !primaryKey.includes(place) &&
      (isSetAlways(columnAt(table, place)) ||
        before.some((row, index) => !sameAt(row, after[index] ?? row, place))),
  );
  const sets = changed.map((place) => `${columnName(table, place)}=VALUES(${columnName(table, place)})`);
  const all = table.keys.otherUnique ? [guardSql(table), ...sets] : sets;
  return `${insertSql(table, after)} ON DUPLICATE KEY UPDATE ${all.join(",")}`;
}

function guardSql(table: TargetTable): string {
  const names = table.schema.primaryKey.map((place) => columnName(table, place));
  const same = names.map((name) => `${name}=VALUES(${name})`).join(" AND ");
  return `${names[0] ?? ""}=IF(${same},${names[0] ?? ""},NULL)`;
}
