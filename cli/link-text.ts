import type { LinkStatus } from "../core/protection.ts";
import { duration } from "./time.ts";

/** How a link is, as one line. */
export function linkLine(status: LinkStatus): string {
  const { state, copy, problem, applied, received, prepared = [] } = status;
  if (copy !== undefined) return copyText(copy);
  const parts = [
    state,
    ...(state === "streaming" ? [behindText(status)] : []),
    ...(applied === undefined ? [] : [`applied ${applied}`]),
    ...(received === undefined || received === applied ? [] : [`received ${received}`]),
    ...(prepared.length === 0 ? [] : [`${number(prepared.length)} prepared by XA, undecided`]),
    ...(problem === undefined ? [] : [problem]),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** `first copy 1,204,000 of 2,310,112 rows · 61,400/s · 18.0s left`. */
export function copyText({ rows, totalRows, rowsPerSecond }: NonNullable<LinkStatus["copy"]>): string {
  const left = rowsPerSecond > 0 ? (Math.max(0, totalRows - rows) / rowsPerSecond) * 1000 : undefined;
  const parts = [
    `first copy ${number(rows)} of ${number(totalRows)} rows`,
    `${number(Math.round(rowsPerSecond))}/s`,
    ...(left === undefined ? [] : [`${duration(left)} left`]),
  ];
  return parts.join(" · ");
}

/** `0 tx behind · 0.2s`. */
function behindText({ behindTransactions, lagSeconds }: LinkStatus): string {
  const seconds = lagSeconds === undefined ? "" : ` · ${lagSeconds.toFixed(1)}s`;
  return `${behindTransactions ?? "?"} tx behind${seconds}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
