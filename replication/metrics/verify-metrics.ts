import { openRows, type TableDifference } from "../verify-table.ts";
import type { MetricFamily } from "./exposition.ts";

/** What a comparison found, for a monitor that reads a file. */
export function verifyMetrics(
  link: string,
  tables: readonly TableDifference[],
  endedMs: number,
): readonly MetricFamily[] {
  const total = (count: (table: TableDifference) => number): number =>
    tables.reduce((sum, table) => sum + count(table), 0);
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name: `hotsite_verify_${name}`, help, kind: "gauge" },
    samples: [{ labels: { link }, value }],
  });
  return [
    gauge("ended_seconds", "When the last comparison ended, in seconds since 1970.", endedMs / 1000),
    gauge(
      "rows",
      "Rows of the source that it compared.",
      total(({ sourceRows }) => sourceRows),
    ),
    gauge("differing_rows", "Rows that differed at its end; repaired ones do not.", total(openRows)),
    gauge(
      "changing_rows",
      "Rows of which it could not say anything, since they were changed each time.",
      total(({ changing }) => changing),
    ),
    gauge("repaired_rows", "Rows that it repaired.", total(repairedRows)),
  ];
}

function repairedRows({ repaired }: TableDifference): number {
  return repaired === undefined ? 0 : repaired.inserted + repaired.deleted + repaired.set;
}
