import type { SourceRows } from "./binlog/open-rows.ts";
import type { TableSchema, Value } from "./record.ts";

/** More would take too much memory; the chunk that they belong to is given up. */
export const maxTouchedKeys = 100_000;

/** Keys of rows that were changed while a chunk of their table was read: what the chunk has of them may be older than the stream. */
export class TouchedKeys {
  readonly #keyPlaces: readonly number[];
  readonly #keys = new Set<string>();

  constructor({ primaryKey }: TableSchema) {
    this.#keyPlaces = primaryKey;
  }

  get any(): boolean {
    return this.#keys.size > 0;
  }

  get tooMany(): boolean {
    return this.#keys.size > maxTouchedKeys;
  }

  add({ rows, after = [] }: SourceRows): void {
    for (const images of [rows, after])
      for (const row of images) if (!this.tooMany) this.#keys.add(this.#keyOf((place) => row[place]));
  }

  /** `valueAt`: of a row. */
  has(valueAt: (place: number) => Value): boolean {
    return this.#keys.has(this.#keyOf(valueAt));
  }

  #keyOf(valueAt: (place: number) => Value | undefined): string {
    return keyIdentity(this.#keyPlaces.map(valueAt));
  }
}

/** The values of a key as one text. */
export function keyIdentity(key: readonly (Value | undefined)[]): string {
  return key.map(textOf).join();
}

function textOf(value: Value | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : JSON.stringify(String(value));
}
