import type { Reader } from "./reader.ts";

const digitsPerWord = 9;
/** Bytes that a word of so many digits takes. */
const wordBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/** How a DECIMAL(precision, scale) is stored: words of at most 9 digits, the short one first before the point and last after it. */
export interface DecimalLayout {
  /** Bytes of each value. */
  readonly size: number;
  /** The exact text of the value that begins at `start`. */
  text(bytes: Buffer, start: number): string;
}

const known = new Map<number, DecimalLayout>();

export function decimalLayout(precision: number, scale: number): DecimalLayout {
  const key = precision * 256 + scale;
  const layout = known.get(key) ?? newLayout(precision - scale, scale);
  known.set(key, layout);
  return layout;
}

export function readDecimal(reader: Reader, precision: number, scale: number): string {
  const { size, text } = decimalLayout(precision, scale);
  return text(reader.bytes, reader.skip(size));
}

function newLayout(whole: number, scale: number): DecimalLayout {
  const counts = [...words(whole).reverse(), ...words(scale)];
  const sizes = counts.map((digits) => wordBytes[digits] ?? 0);
  const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const wholeWords = words(whole).length;
  return {
    size,
    text(bytes, start) {
      const negative = ((bytes[start] ?? 0) & 0x80) === 0;
      let shown = "";
      let offset = start;
      for (let word = 0; word < counts.length; word += 1) {
        if (word === wholeWords) shown = `${shown === "" ? "0" : shown}.`;
        const digits = String(wordAt(bytes, offset, sizes[word] ?? 0, offset === start, negative));
        if (word >= wholeWords || shown !== "") shown += digits.padStart(counts[word] ?? 0, "0");
        else if (digits !== "0") shown = digits;
        offset += sizes[word] ?? 0;
      }
      return `${negative ? "-" : ""}${shown === "" ? "0" : shown}`;
    },
  };
}

/** The highest bit of all is the sign's, and is set for what is not negative; of a negative value all bits are turned. */
function wordAt(bytes: Buffer, offset: number, size: number, first: boolean, negative: boolean): number {
  let word = 0;
  for (let byte = 0; byte < size; byte += 1) word = (word << 8) | (bytes[offset + byte] ?? 0);
  if (first) word ^= 0x80 << (8 * (size - 1));
  if (negative) word = ~word & (size === 4 ? -1 : (1 << (8 * size)) - 1);
  return word >>> 0;
}

function words(digits: number): number[] {
  const full = new Array<number>(Math.floor(digits / digitsPerWord)).fill(digitsPerWord);
  return digits % digitsPerWord === 0 ? full : [...full, digits % digitsPerWord];
}
