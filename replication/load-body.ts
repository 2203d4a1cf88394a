import type { Plain } from "./plain.ts";
import { plainAt, type RowImage } from "./row-image.ts";
import { columnAt, type TargetTable } from "./row-sql.ts";

/** Rows with a tab between values and a line for each: of every one the columns that are written. */
export function loadBody(table: TargetTable, rows: readonly RowImage[]): Buffer {
  const body = new LoadBody();
  for (const row of rows) {
    for (const place of table.written) body.add(plainAt(row, place, columnAt(table, place)));
    body.endRow();
  }
  return body.finish();
}

const [tab, newline, backslash] = [0x09, 0x0a, 0x5c];
const nullSign = String.raw`\N`;

/** What a LOAD DATA reads. Only what would end a value is escaped. */
export class LoadBody {
  #bytes: Buffer;
  #length = 0;

  constructor(bytes = 2 ** 16) {
    this.#bytes = Buffer.allocUnsafe(bytes);
  }

  add(value: Plain): void {
    const plain = value ?? nullSign;
    // At worst each byte is escaped.
    this.#reserve(2 * plain.length + 1);
    if (typeof plain === "string") this.#addText(plain);
    else this.#addBytes(plain);
    this.#bytes[this.#length++] = tab;
  }

  /** There is a value before it. */
  endRow(): void {
    this.#bytes[this.#length - 1] = newline;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** It has nothing to escape. */
  #addText(value: string): void {
    const bytes = this.#bytes;
    let length = this.#length;
    for (let place = 0; place < value.length; place += 1) bytes[length++] = value.charCodeAt(place);
    this.#length = length;
  }

  #addBytes(value: Uint8Array): void {
    const bytes = this.#bytes;
    let length = this.#length;
    for (let place = 0; place < value.length; place += 1) {
      const byte = value[place] ?? 0;
      if (byte === tab || byte === newline || byte === backslash) bytes[length++] = backslash;
      bytes[length++] = byte;
    }
    this.#length = length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
