import { readDecimal } from "./decimal.ts";
import { badEvent, Reader } from "./reader.ts";
import { packedDate, packedDatetime, packedTime } from "./temporal.ts";

/** No document that a server stores is nested deeper. */
const maxDepth = 101;

/** MySQL's binary JSON as the text that its SELECT gives: numbers keep their kind, and keys the server's order. */
export function jsonText(bytes: Buffer): string {
  // What a row holds that was forced into a column without a default.
  if (bytes.length === 0) return "null";
  return new JsonReader(bytes).text();
}

/** How containers keep offsets and counts: in two bytes, or in four. */
type Width = 2 | 4;

const kind = { smallObject: 0, largeObject: 1, smallArray: 2, largeArray: 3, literal: 4, opaque: 15 };
const literals = ["null", "true", "false"];

class JsonReader {
  readonly #bytes: Buffer;
  /** Values may share bytes in a damaged document: more of them than bytes are never right. */
  #left: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#left = bytes.length + 1;
  }

  text(): string {
    return this.#value(this.#bytes[0] ?? 0, 1, 0);
  }

  #value(type: number, offset: number, depth: number): string {
    this.#left -= 1;
    if (this.#left < 0 || depth > maxDepth) throw badEvent("a JSON document without end");
    switch (type) {
      case kind.smallObject:
        return this.#object(offset, 2, depth);
      case kind.largeObject:
        return this.#object(offset, 4, depth);
      case kind.smallArray:
        return this.#array(offset, 2, depth);
      case kind.largeArray:
        return this.#array(offset, 4, depth);
      case kind.opaque:
        return opaque(new Reader(this.#bytes, offset));
      default:
        return scalar(type, new Reader(this.#bytes, offset));
    }
  }

  #object(start: number, width: Width, depth: number): string {
    const reader = new Reader(this.#bytes, start);
    const count = reader.uint(width);
    reader.skip(width);
    const keys = this.#many(count, () => {
      const [offset, length] = [reader.uint(width), reader.uint(2)];
      return quoted(new Reader(this.#bytes, start + offset).take(length).toString("utf8"));
    });
    const values = this.#values(reader, { start, width, count, depth });
    return `{${keys.map((key, place) => `${key}: ${values[place] ?? ""}`).join(", ")}}`;
  }

  #array(start: number, width: Width, depth: number): string {
    const reader = new Reader(this.#bytes, start);
    const count = reader.uint(width);
    reader.skip(width);
    return `[${this.#values(reader, { start, width, count, depth }).join(", ")}]`;
  }

  /** Each entry says the kind of a value and where it is; the smallest ones are in their entries. */
  #values(
    reader: Reader,
    { start, width, count, depth }: { start: number; width: Width; count: number; depth: number },
  ): readonly string[] {
    return this.#many(count, () => {
      const type = reader.uint(1);
      const entry = reader.skip(width);
      const offset = isInline(type, width) ? entry : start + this.#bytes.readUIntLE(entry, width);
      return this.#value(type, offset, depth + 1);
    });
  }

  #many<T>(count: number, read: () => T): readonly T[] {
    if (count > this.#bytes.length) throw badEvent(`a JSON document with ${count} members`);
    return Array.from({ length: count }, read);
  }
}

function isInline(type: number, width: Width): boolean {
  return type === kind.literal || type === 5 || type === 6 || (width === 4 && (type === 7 || type === 8));
}

function scalar(type: number, reader: Reader): string {
  switch (type) {
    case kind.literal:
      return literals[reader.uint(1)] ?? badLiteral();
    case 5:
      return String(reader.int(2));
    case 6:
      return String(reader.uint(2));
    case 7:
      return String(reader.int(4));
    case 8:
      return String(reader.uint(4));
    case 9:
      return String(reader.int64());
    case 10:
      return String(reader.uint64());
    case 11:
      return doubleText(reader.double());
    case 12:
      return quoted(reader.take(variableLength(reader)).toString("utf8"));
    default:
      throw badEvent(`a JSON value of kind ${type}`);
  }
}

function badLiteral(): never {
  throw badEvent("a JSON literal that is none");
}

/** Values of SQL's own types, by the number of the type. */
function opaque(reader: Reader): string {
  const type = reader.uint(1);
  const data = reader.take(variableLength(reader));
  const inner = new Reader(data);
  switch (type) {
    case 246:
      return readDecimal(inner, inner.uint(1), inner.uint(1));
    case 10:
      return `"${packedDate(inner.int64())}"`;
    case 7:
    case 12:
      return `"${packedDatetime(inner.int64())}"`;
    case 11:
      return `"${packedTime(inner.int64())}"`;
    default:
      // The server breaks long ones into lines.
      return quoted(`base64:type${type}:${data.toString("base64").replaceAll(/.{76}(?=.)/g, "$&\n")}`);
  }
}

/** Seven bits in each byte, the lowest first; the highest bit says that more follow. */
function variableLength(reader: Reader): number {
  let [length, scale] = [0, 1];
  for (let place = 0; place < 5; place += 1) {
    const byte = reader.uint(1);
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) return length;
    scale *= 128;
  }
  throw badEvent("a JSON length without end");
}

/** Zeros are written out as far as this; beyond it an exponent. */
const plainDigits = 15;

/** The shortest digits that give the number again, and always a sign that it is no integer. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) throw badEvent("a JSON number beyond all numbers");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", exponent = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const point = Number(exponent) + 1;
  if (value === 0) return `${sign}0.0`;
  const tooLarge = point > plainDigits && digits.length <= point;
  if (tooLarge || point < 1 - plainDigits) return `${sign}${mantissa}e${point - 1}`;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, "0");
  return `${sign}${whole}.${digits.slice(point) || "0"}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\0-\x1f"\\]/g, escapeOf)}"`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" },
};

function escapeOf(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
