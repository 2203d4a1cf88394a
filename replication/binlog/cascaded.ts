import { images, type PackedTable } from "./packed-rows.ts";
import type { RowsOfEvent } from "./rows.ts";

/** Cascades beyond are not remembered: a row that is deleted twice then stops the link where it is applied. */
const mostBytes = 4 * 1024 * 1024;

/**
 * A DELETE from several tables of a MySQL that writes cascades as rows tells twice of a row that a cascade has taken away before its own turn
 * came: it can be deleted once only.
 */
export class CascadedDeletes {
  readonly #rows = new Map<PackedTable, Buffer[]>();
  #bytes = 0;

  /** The event without rows that its statement has deleted already. */
  left(table: PackedTable, event: RowsOfEvent): RowsOfEvent {
    const { kind, checks, bytes } = event;
    const cascaded = this.#rows.get(table);
    if (kind !== "delete") this.#rows.delete(table);
    else if (!checks.foreignKeys) this.#remember(table, bytes);
    else if (cascaded !== undefined) return { ...event, bytes: without(table, bytes, cascaded) };
    return event;
  }

  /** The statement ends. */
  forget(): void {
    if (this.#bytes === 0) return;
    this.#rows.clear();
    this.#bytes = 0;
  }

  #remember(table: PackedTable, bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes > mostBytes) {
      this.#rows.clear();
      return;
    }
    const chunks = this.#rows.get(table);
    if (chunks === undefined) this.#rows.set(table, [bytes]);
    else chunks.push(bytes);
  }
}

function without(table: PackedTable, bytes: Buffer, gone: readonly Buffer[]): Buffer {
  const there = new Map<string, number>();
  for (const image of imagesOf(table, gone)) there.set(textOf(image), (there.get(textOf(image)) ?? 0) + 1);
  const left: Buffer[] = [];
  for (const image of imagesOf(table, [bytes])) {
    const times = there.get(textOf(image)) ?? 0;
    if (times === 0) left.push(image);
    else there.set(textOf(image), times - 1);
  }
  return Buffer.concat(left);
}

function* imagesOf(table: PackedTable, chunks: readonly Buffer[]): Generator<Buffer> {
  for (const [bytes, start, end] of images({ table, chunks })) yield bytes.subarray(start, end);
}

function textOf(image: Buffer): string {
  return image.toString("latin1");
}
