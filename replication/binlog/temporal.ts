import type { Reader } from "./reader.ts";

/** `YYYY-MM-DD`; zero and impossible dates as they are stored. */
export function readDate(reader: Reader): string {
  const packed = reader.uint(3);
  return dateText(packed >> 9, (packed >> 5) & 15, packed & 31);
}

/** `[-]HH:MM:SS[.fraction]` with as many digits as the column has. */
export function readTime(reader: Reader, digits: number): string {
  const bytes = fractionBytes(digits);
  const unit = 2 ** (8 * bytes);
  const packed = reader.uintBE(3 + bytes) - 0x800000 * unit;
  const size = Math.abs(packed);
  const clock = Math.floor(size / unit);
  return `${packed < 0 ? "-" : ""}${clockText(clock)}${fractionText(size % unit, digits)}`;
}

export function readDatetime(reader: Reader, digits: number): string {
  const start = reader.skip(5 + fractionBytes(digits));
  const common = datetimeText(reader.bytes, start, digits);
  if (common !== undefined) return common;
  reader.offset = start;
  const packed = reader.uintBE(5) - 0x8000000000;
  const days = Math.floor(packed / 2 ** 17);
  const months = Math.floor(days / 32);
  const date = dateText(Math.floor(months / 13), months % 13, days % 32);
  return `${date} ${clockText(packed % 2 ** 17)}${readFraction(reader, digits)}`;
}

/** The same of what servers write, without arithmetic beyond 32 bits; undefined for anything else. */
export function datetimeText(bytes: Buffer, start: number, digits: number): string | undefined {
  const high = ((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0);
  const low = ((bytes[start + 2] ?? 0) << 16) | ((bytes[start + 3] ?? 0) << 8) | (bytes[start + 4] ?? 0);
  // 17 bits of months, 5 of the day, 17 of the time, after a bit that is always set.
  const months = ((high & 0x7fff) << 2) | (low >> 22);
  const year = Math.floor(months / 13);
  if (high < 0x8000 || year > 9999) return undefined;
  const date = dateText(year, months % 13, (low >> 17) & 31);
  const size = fractionBytes(digits);
  let fraction = 0;
  for (let byte = 0; byte < size; byte += 1) fraction = (fraction << 8) | (bytes[start + 5 + byte] ?? 0);
  return `${date} ${clockText(low & 0x1ffff)}${fractionText(fraction, digits)}`;
}

const secondsADay = 86_400;
/** Most rows are of the day of the row before. */
let lastDay = { day: -1, text: "" };

/** In UTC. */
export function readTimestamp(reader: Reader, digits: number): string {
  const seconds = reader.uintBE(4);
  if (seconds === 0) return `0000-00-00 00:00:00${readFraction(reader, digits)}`;
  const [day, second] = [Math.floor(seconds / secondsADay), seconds % secondsADay];
  if (day !== lastDay.day)
    lastDay = { day, text: new Date(day * secondsADay * 1000).toISOString().slice(0, 10) };
  const minute = Math.floor(second / 60);
  const clock = `${pad2(Math.floor(minute / 60))}:${pad2(minute % 60)}:${pad2(second % 60)}`;
  return `${lastDay.text} ${clock}${readFraction(reader, digits)}`;
}

function readFraction(reader: Reader, digits: number): string {
  return fractionText(reader.uintBE(fractionBytes(digits)), digits);
}

/** Two digits a byte. */
export function fractionBytes(digits: number): number {
  return (digits + 1) >> 1;
}

function fractionText(fraction: number, digits: number): string {
  if (digits === 0) return "";
  return `.${pad(fraction, 2 * fractionBytes(digits)).slice(0, digits)}`;
}

function clockText(packed: number): string {
  return `${pad2(packed >> 12)}:${pad2((packed >> 6) & 63)}:${pad2(packed & 63)}`;
}

function dateText(year: number, month: number, day: number): string {
  return `${pad2(Math.floor(year / 100))}${pad2(year % 100)}-${pad2(month)}-${pad2(day)}`;
}

const twoDigits = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

/** More digits where there are more, as in `838:59:59`. */
function pad2(number: number): string {
  return twoDigits[number] ?? String(number);
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}

/** A time of day in 24 bits of fraction and the clock above them, as values inside JSON have it: always with microseconds. */
export function packedTime(packed: bigint): string {
  const size = packed < 0n ? -packed : packed;
  return `${packed < 0n ? "-" : ""}${packedClock(size)}`;
}

/** The same with a date above it. */
export function packedDatetime(packed: bigint): string {
  return `${packedDate(packed)} ${packedClock(packed & 0x1ff_ffff_ffffn)}`;
}

export function packedDate(packed: bigint): string {
  const days = Number(BigInt.asUintN(64, packed) >> 41n);
  const months = Math.floor(days / 32);
  return dateText(Math.floor(months / 13), months % 13, days % 32);
}

function packedClock(packed: bigint): string {
  return `${clockText(Number((packed >> 24n) & 0x3ff_ffffn))}${fractionText(Number(packed & 0xff_ffffn), 6)}`;
}
