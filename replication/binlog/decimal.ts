import type { Reader } from "./reader.ts";

const digitsPerWord = 9;
/** Bytes that a word of so many digits takes. */
const wordBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/** Exact text of a DECIMAL(precision, scale). */
export function readDecimal(reader: Reader, precision: number, scale: number): string {
  const words = [...wholeWords(precision - scale), ...fractionWords(scale)];
  const length = words.reduce((sum, digits) => sum + (wordBytes[digits] ?? 0), 0);
  const bytes = reader.copy(length);
  const negative = ((bytes[0] ?? 0) & 0x80) === 0;
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  if (negative) for (const [place, byte] of bytes.entries()) bytes[place] = byte ^ 0xff;
  const digits = digitsOf(bytes, words);
  const whole = digits.slice(0, precision - scale).replace(/^0+(?=\d)/, "") || "0";
  return `${negative ? "-" : ""}${whole}${scale === 0 ? "" : `.${digits.slice(precision - scale)}`}`;
}

function digitsOf(bytes: Buffer, words: readonly number[]): string {
  let [offset, digits] = [0, ""];
  for (const count of words) {
    const size = wordBytes[count] ?? 0;
    digits += String(bytes.readUIntBE(offset, size)).padStart(count, "0");
    offset += size;
  }
  return digits;
}

/** The short word comes first before the point, and last after it. */
function wholeWords(digits: number): readonly number[] {
  return [...fractionWords(digits)].reverse();
}

function fractionWords(digits: number): readonly number[] {
  const full = Array.from({ length: Math.floor(digits / digitsPerWord) }, () => digitsPerWord);
  return digits % digitsPerWord === 0 ? full : [...full, digits % digitsPerWord];
}
