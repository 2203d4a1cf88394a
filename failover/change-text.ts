import type { SourceChange, SourceRows } from "../replication/binlog/open-rows.ts";
import type { Row, Value } from "../replication/record.ts";

const LEDGER = "hotsite.ledger";
/** Enough to recognise a text; the whole of it stays in the old site's binlog. */
const VALUE_LENGTH = 200;

/** The tables that changes touch, each once. */
export function tablesIn(changes: readonly SourceChange[]): readonly string[] {
  return [
    ...new Set(
      changes.map((change) =>
        change.kind === "statement" ? `${change.database} (statement)` : nameOf(change),
      ),
    ),
  ];
}

/** The ledger entries that changes wrote. */
export function ledgerIdsIn(changes: readonly SourceChange[]): readonly number[] {
  return changes
    .filter((change) => change.kind === "insert" && nameOf(change) === LEDGER)
    .flatMap((change) => (change.kind === "statement" ? [] : change.rows.map(([id]) => Number(id))));
}

/** A change as lines that a person can act on: `insert shop.orders: id=7, total=12.50`. */
export function changeText(change: SourceChange): readonly string[] {
  if (change.kind === "statement") return [`${change.database}: ${change.sql}`];
  const { kind, rows, after } = change;
  const name = nameOf(change);
  if (kind !== "update") return rows.map((row) => `${kind} ${name}: ${rowText(change, row)}`);
  return rows.map(
    (row, index) =>
      `update ${name}: ${keyText(change, row)}: ${differences(change, row, after?.[index] ?? row)}`,
  );
}

function nameOf(change: SourceChange): string {
  return change.kind === "statement" ? "" : `${change.table.database}.${change.table.table}`;
}

function rowText({ table }: SourceRows, row: Row): string {
  return table.columns.map(({ name }, index) => `${name}=${valueText(row[index] ?? null)}`).join(", ");
}

function keyText({ table }: SourceRows, row: Row): string {
  return table.primaryKey
    .map((index) => `${table.columns[index]?.name ?? ""}=${valueText(row[index] ?? null)}`)
    .join(", ");
}

function differences({ table }: SourceRows, before: Row, after: Row): string {
  const columns = table.columns.map(({ name }, index) => ({
    name,
    old: valueText(before[index] ?? null),
    now: valueText(after[index] ?? null),
  }));
  return columns
    .filter(({ old, now }) => old !== now)
    .map(({ name, old, now }) => `${name} ${old} → ${now}`)
    .join(", ");
}

function valueText(value: Value): string {
  if (value === null) return "NULL";
  if (!(value instanceof Uint8Array)) return String(value);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const text = bytes.toString("utf8");
  const shown = text.includes("\uFFFD") ? `0x${bytes.toString("hex")}` : JSON.stringify(text);
  return shown.length > VALUE_LENGTH ? `${shown.slice(0, VALUE_LENGTH)}…` : shown;
}
