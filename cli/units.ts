import { HotsiteError } from "../core/errors.ts";

/** Milliseconds in `40ms`, `1.5s`, `2m`. */
export function milliseconds(text: string): number {
  return measure(text, { ms: 1, s: 1000, m: 60_000 }, "a time such as 40ms or 1.5s");
}

/** Percent in `1%` or `0.5%`. */
export function percent(text: string): number {
  const value = measure(text, { "%": 1 }, "a share such as 1%");
  if (value > 100) throw wrong(text, "at most 100%");
  return value;
}

/** Kilobits per second in `512kbit`, `10mbit`, `1gbit`. */
export function kilobits(text: string): number {
  return measure(text, { kbit: 1, mbit: 1000, gbit: 1_000_000 }, "a rate such as 512kbit or 10mbit");
}

/** A whole number from 1. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw wrong(text, "a whole number from 1");
  return Number(text);
}

/** A whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong(text, "a whole number");
  return Number(text);
}

/** A number with its unit, large amounts of bytes in larger units: `12.3 MB`, `7 connections`. */
export function amount(value: number, unit: string): string {
  const larger = unit === "bytes" ? (["kB", "MB", "GB", "TB"] as const) : [];
  const power = Math.min(larger.length, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3));
  if (power > 0) return `${(value / 1000 ** power).toFixed(1)} ${larger[power - 1] ?? unit}`;
  return `${Number.isInteger(value) ? value : Number(value.toPrecision(6))} ${unit}`.trimEnd();
}

function measure(text: string, units: Readonly<Record<string, number>>, wanted: string): number {
  const match = /^(\d+(?:\.\d+)?)([a-z%]+)$/i.exec(text.trim());
  const factor = match === null ? undefined : units[match[2]?.toLowerCase() ?? ""];
  if (match === null || factor === undefined) throw wrong(text, wanted);
  return Number(match[1]) * factor;
}

function wrong(text: string, wanted: string): HotsiteError {
  return new HotsiteError("usage", `expected ${wanted}, found "${text}"`);
}
