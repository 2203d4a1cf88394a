import { columnFormat } from "../binlog/columns.ts";
import { images, PackedTable, type PackedRows } from "../binlog/packed-rows.ts";
import { Reader, unsupported } from "../binlog/reader.ts";
import type { RowsChange } from "../record.ts";

/** A table as the source writes it, and as it is without the columns that stay behind. */
export class CutTable {
  readonly cut: PackedTable;
  readonly #whole: PackedTable;
  readonly #places: readonly number[];

  private constructor(whole: PackedTable, cut: PackedTable, places: readonly number[]) {
    this.#whole = whole;
    this.cut = cut;
    this.#places = places;
  }

  /** Undefined when it has none of them. Throws "unsupported-event" when the primary key has one. */
  static of(whole: PackedTable, hidden: (column: string) => boolean): CutTable | undefined {
    const { database, table, columns, primaryKey } = whole.schema;
    const places = [...columns.keys()].filter((place) => !hidden(columns[place]?.name ?? ""));
    if (places.length === columns.length) return undefined;
    if (places.length === 0 || !primaryKey.every((place) => places.includes(place))) {
      const problem = `${database}.${table}: its primary key has a column that stays behind`;
      throw unsupported(problem, "let the column travel, or leave the table out; then make a new first copy");
    }
    const { flavour, codes, traits } = whole.layout;
    const metadata = metadataOf(whole);
    const layout = {
      ...{ flavour, codes: Buffer.from(places.map((place) => codes[place] ?? 0)) },
      metadata: Buffer.concat(places.map((place) => metadata[place] ?? Buffer.alloc(0))),
      traits: places.flatMap((place) => traits[place] ?? []),
    };
    const schema = {
      ...{ database, table, columns: places.flatMap((place) => columns[place] ?? []) },
      primaryKey: primaryKey.map((place) => places.indexOf(place)),
    };
    return new CutTable(whole, new PackedTable(schema, layout), places);
  }

  /** The images without those columns. Updates of nothing else are gone. */
  rows(kind: RowsChange["kind"], bytes: Buffer): Buffer {
    const rows = [...images({ table: this.#whole, chunks: [bytes] } satisfies PackedRows)].map(([, start]) =>
      this.#image(bytes, start),
    );
    if (kind !== "update") return Buffer.concat(rows);
    const changed = rows.flatMap((before, place) => {
      const after = rows[place + 1];
      return place % 2 === 1 || after === undefined || before.equals(after) ? [] : [before, after];
    });
    return Buffer.concat(changed);
  }

  #image(bytes: Buffer, start: number): Buffer {
    const { offsets } = this.#whole.locate(bytes, start);
    const nulls = Buffer.alloc((this.#places.length + 7) >> 3);
    const values = this.#places.flatMap((place, index) => {
      const offset = offsets[place] ?? -1;
      if (offset >= 0) return [bytes.subarray(offset, this.#whole.fields[place]?.end(bytes, offset))];
      nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
      return [];
    });
    return Buffer.concat([nulls, ...values]);
  }
}

/** What the types of the columns need, by the place of the column. */
function metadataOf({ layout: { flavour, codes, metadata } }: PackedTable): readonly Buffer[] {
  const reader = new Reader(metadata);
  return [...codes].map((code) => {
    const start = reader.offset;
    columnFormat(flavour, code, reader);
    return metadata.subarray(start, reader.offset);
  });
}
