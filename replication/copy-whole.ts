import { includesPosition, parsePosition, type GtidPosition } from "../core/position.ts";
import { comparePlaces, type FilePlace } from "./binlog/place.ts";
import { openSnapshot, type Snapshot } from "./copy-chunk.ts";
import type { TableSchema } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";
import type { TextRows } from "./text-rows.ts";

export interface WholeChunk {
  readonly schema: TableSchema;
  readonly rows: TextRows;
}

/** Where a snapshot lies: the stream has to come to it, is there, or cannot come to it: another one has to be taken. */
export type Meeting = "ahead" | "here" | "missed";

/** Some tables, read from one snapshot. */
export class WholeCopy {
  readonly #snapshot: Snapshot;
  readonly #chunks: AsyncIterator<WholeChunk, undefined>;
  /** It shows, or does not, a change that lies between what it shows for certain and its place. */
  #torn = false;

  private constructor(snapshot: Snapshot, tables: readonly CopiedTable[]) {
    this.#snapshot = snapshot;
    this.#chunks = chunksOf(snapshot, tables);
  }

  /** Undefined when the server does not show yet what was seen. */
  static async open(
    source: Source,
    tables: readonly CopiedTable[],
    seen: GtidPosition,
  ): Promise<WholeCopy | undefined> {
    const snapshot = await openSnapshot(source, seen);
    return snapshot && new WholeCopy(snapshot, tables);
  }

  /** On the way to the snapshot's place a transaction has changed one of the tables. */
  changed(gtid: string): void {
    const { shows } = this.#snapshot;
    this.#torn ||= shows !== undefined && !includesPosition(shows, parsePosition(gtid));
  }

  meets(committed: FilePlace, reached: FilePlace): Meeting {
    const { place, shows } = this.#snapshot;
    if (this.#torn || (shows === undefined && comparePlaces(committed, place) > 0)) return "missed";
    return comparePlaces(reached, place) < 0 ? "ahead" : "here";
  }

  /** Undefined at the end. */
  async next(): Promise<WholeChunk | undefined> {
    const next = await this.#chunks.next();
    return next.done === true ? undefined : next.value;
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }
}

async function* chunksOf(
  snapshot: Snapshot,
  tables: readonly CopiedTable[],
): AsyncGenerator<WholeChunk, undefined> {
  for (const table of tables) {
    for await (const rows of snapshot.pieces(table)) yield { schema: table.schema, rows };
  }
  return undefined;
}
