import type { TableDifference } from "../replication/verify-table.ts";
import type { VerifyProgress } from "../replication/verify-progress.ts";
import { table } from "./table.ts";
import { duration } from "./time.ts";

/** `wouldRepair`: what a repair would do is said, too. */
export function verifyText(
  tables: readonly TableDifference[],
  { wouldRepair }: { readonly wouldRepair: boolean },
): string {
  const rows = tables.map(({ table: name, sourceRows, targetRows, differing, changing }) => [
    name,
    ...[sourceRows, targetRows, differing].map(String),
    changing === 0 ? "" : `${changing} changing, look again`,
  ]);
  return [
    table(header, rows),
    ...tables.flatMap(differenceLines),
    ...tables.flatMap(wouldRepair ? plannedLines : repairedLines),
  ].join("\n");
}

/** `shop.item: 12,000 of 50,000 rows · 2 of 7 tables · 8,100/s · 5s left`. */
export function progressLine({ table: name, tables, rows, ms, rowsCompared }: VerifyProgress): string {
  const perSecond = ms === 0 ? 0 : Math.round((rowsCompared / ms) * 1000);
  const speed =
    perSecond === 0
      ? ""
      : ` · ${number(perSecond)}/s · ${duration(((rows.of - rows.done) / perSecond) * 1000)} left`;
  return `${name}: ${number(rows.done)} of ${number(rows.of)} rows · ${tables.done} of ${tables.of} tables${speed}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

const header = ["TABLE", "SOURCE ROWS", "TARGET ROWS", "DIFFERING", ""];

function differenceLines({ table: name, differing, keys, uncompared }: TableDifference): readonly string[] {
  const more = differing > keys.length ? " …" : "";
  return [
    ...(differing === 0 ? [] : [`  ${name}: ${keys.join(" ")}${more}`]),
    ...(uncompared.length === 0 ? [] : [`  ${name}: not compared: ${uncompared.join(", ")}`]),
  ];
}

function plannedLines({ table: name, differing, missing, surplus }: TableDifference): readonly string[] {
  const set = differing - missing - surplus;
  return differing === 0 ? [] : [`  ${name}: would insert ${missing}, delete ${surplus}, set ${set}`];
}

function repairedLines({ table: name, repaired }: TableDifference): readonly string[] {
  if (repaired === undefined) return [];
  const { inserted, deleted, set, left, refused, refusedKeys } = repaired;
  const keys =
    refusedKeys.length === 0 ? "" : `: ${refusedKeys.join(" ")}${refused > refusedKeys.length ? " …" : ""}`;
  return [
    `  ${name}: repaired: ${inserted} inserted, ${deleted} deleted, ${set} set`,
    ...(left === 0 ? [] : [`  ${name}: ${left} not repaired: they were being changed; repair again`]),
    ...(refused === 0 ? [] : [`  ${name}: ${refused} not repaired: the target does not take them${keys}`]),
  ];
}
