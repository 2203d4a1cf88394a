import { comparePlaces, type FilePlace } from "./binlog/place.ts";
import { openSnapshot, type ChunkLimits, type Snapshot } from "./copy-chunk.ts";
import type { Row, TableSchema } from "./record.ts";
import type { CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";

export interface WholeChunk {
  readonly schema: TableSchema;
  readonly rows: readonly Row[];
}

/** Where a snapshot lies: the stream has to come to it, is there, or had passed it before the snapshot was taken. */
export type Meeting = "ahead" | "here" | "missed";

/** Some tables, read from one snapshot. */
export class WholeCopy {
  readonly #snapshot: Snapshot;
  readonly #chunks: AsyncIterator<WholeChunk, undefined>;

  private constructor(snapshot: Snapshot, tables: readonly CopiedTable[], limits: ChunkLimits) {
    this.#snapshot = snapshot;
    this.#chunks = chunksOf(snapshot, tables, limits);
  }

  static async open(source: Source, tables: readonly CopiedTable[], limits: ChunkLimits): Promise<WholeCopy> {
    return new WholeCopy(await openSnapshot(source), tables, limits);
  }

  meets(committed: FilePlace, reached: FilePlace): Meeting {
    if (comparePlaces(committed, this.#snapshot.place) > 0) return "missed";
    return comparePlaces(reached, this.#snapshot.place) < 0 ? "ahead" : "here";
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
  limits: ChunkLimits,
): AsyncGenerator<WholeChunk, undefined> {
  for (const table of tables) {
    for await (const rows of snapshot.chunks(table, limits)) yield { schema: table.schema, rows };
  }
  return undefined;
}
