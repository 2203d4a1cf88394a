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
  const packed = reader.uintBE(5) - 0x8000000000;
  const days = Math.floor(packed / 2 ** 17);
  const months = Math.floor(days / 32);
  const date = dateText(Math.floor(months / 13), months % 13, days % 32);
  return `${date} ${clockText(packed % 2 ** 17)}${readFraction(reader, digits)}`;
}

/** In UTC. */
export function readTimestamp(reader: Reader, digits: number): string {
  const seconds = reader.uintBE(4);
  const moment = new Date(seconds * 1000).toISOString();
  const text = seconds === 0 ? "0000-00-00 00:00:00" : `${moment.slice(0, 10)} ${moment.slice(11, 19)}`;
  return text + readFraction(reader, digits);
}

function readFraction(reader: Reader, digits: number): string {
  return fractionText(reader.uintBE(fractionBytes(digits)), digits);
}

/** Two digits a byte. */
function fractionBytes(digits: number): number {
  return (digits + 1) >> 1;
}

function fractionText(fraction: number, digits: number): string {
  if (digits === 0) return "";
  return `.${pad(fraction, 2 * fractionBytes(digits)).slice(0, digits)}`;
}

function clockText(packed: number): string {
  return `${pad(packed >> 12, 2)}:${pad((packed >> 6) & 63, 2)}:${pad(packed & 63, 2)}`;
}

function dateText(year: number, month: number, day: number): string {
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
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
