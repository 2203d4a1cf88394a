import { HotsiteError } from "../core/errors.ts";
import { includesPosition, parsePosition, type GtidPosition } from "../core/position.ts";
import { comparePlaces, type FilePlace } from "./binlog/place.ts";
import type { SourceChange } from "./binlog/transactions.ts";
import { openChunk, type Chunk } from "./copy-chunk.ts";
import { schemaAtPosition, type CopySchema } from "./copy-schema.ts";
import type { NewRecord } from "./batch-builder.ts";
import { quoteString } from "./literal.ts";
import type { CopyProgress, Row, TableSchema } from "./record.ts";
import { readColumns, type CopiedTable } from "./source-columns.ts";
import type { Source } from "./source.ts";

/** A chunk is one record: small enough to hold, large enough to pay for its round trips. */
const chunkBytes = 2 ** 20;
const maxChunkRows = 5_000;
const smallestRowBytes = 64;

/** Where a copy begins, before anything streams. */
export interface CopyBegin {
  readonly record: NewRecord;
  readonly progress: CopyProgress;
  readonly position: string;
}

export async function beginCopy(source: Source, databases: readonly string[]): Promise<CopyBegin> {
  const { before, tables, position } = await schemaAtPosition(source, databases);
  const totalRows = tables.reduce((sum, { rows }) => sum + rows, 0);
  return {
    record: { kind: "copy-begin", databases, statements: before },
    progress: {
      tables: tables.map(({ database, table }) => ({ database, table })),
      ...{ done: 0, rows: 0, totalRows },
    },
    position,
  };
}

/** Where the stream is. */
export interface StreamPlace {
  /** Ends of the last whole transaction and of the last event in the source's files; undefined before the first. */
  readonly committed: FilePlace | undefined;
  readonly reached: FilePlace | undefined;
  readonly position: GtidPosition;
}

/** What a step of the copy adds to the stream. */
export interface CopyStep {
  readonly rows?: { readonly schema: TableSchema; readonly rows: readonly Row[]; readonly bytes: number };
  readonly records: readonly NewRecord[];
  /** Undefined when the copy is complete. */
  readonly progress: CopyProgress | undefined;
}

/** The first copy while the stream runs. Its progress is all it knows, so it goes on from the progress that the log's tail holds. */
export class FirstCopy {
  #progress: CopyProgress;
  readonly #source: Source;
  readonly #databases: readonly string[];
  #table: CopiedTable | undefined;
  #limit = 1;
  #rowBytes = 0;
  #chunk: Chunk | undefined;
  #last: (CopySchema & { readonly position: string }) | undefined;

  constructor(source: Source, databases: readonly string[], progress: CopyProgress) {
    this.#source = source;
    this.#databases = databases;
    this.#progress = progress;
  }

  get progress(): CopyProgress {
    return this.#progress;
  }

  /** The next chunk, or the end, when the stream is exactly where it belongs; undefined when more of the stream must come first. */
  async step({ committed, reached, position }: StreamPlace): Promise<CopyStep | undefined> {
    if (committed === undefined || reached === undefined) return undefined;
    const { database, table } = this.#progress.tables[this.#progress.done] ?? {};
    if (database === undefined || table === undefined) return this.#finish(position);
    this.#table ??= await this.#describe(database, table);
    this.#chunk ??= await openChunk(this.#source, {
      ...{ table: this.#table, limit: this.#limit },
      ...(this.#progress.lastKey === undefined ? {} : { lastKey: this.#progress.lastKey }),
    });
    const { place, rows } = this.#chunk;
    if (comparePlaces(committed, place) > 0) return this.#tooOld();
    if (comparePlaces(reached, place) < 0) return undefined;
    this.#chunk = undefined;
    return this.#add(await rows, this.#table);
  }

  /**
   * What of the changes has to be carried while the copy runs: nothing of a table that is still to come, and marked as overlapping what
   * belongs to the table in progress.
   */
  filter(change: SourceChange): readonly SourceChange[] {
    if (change.kind === "statement") {
      throw new HotsiteError(
        "schema-changed",
        `the schema was changed while the first copy ran: ${change.sql.slice(0, 40)}…`,
        { hint: "make the first copy again" },
      );
    }
    const { database, table } = change.table;
    const place = this.#progress.tables.findIndex((one) => one.database === database && one.table === table);
    if (place > this.#progress.done) return [];
    return [place === this.#progress.done ? { ...change, overlap: true } : change];
  }

  /** The snapshot was taken before the server had made visible what it had sent already: another one is taken. */
  async #tooOld(): Promise<undefined> {
    await this.#chunk?.rows;
    this.#chunk = undefined;
  }

  async #describe(database: string, table: string): Promise<CopiedTable> {
    const described = await readColumns(this.#source, database, table);
    if (described === undefined || described.schema.primaryKey.length === 0) {
      throw new HotsiteError("schema-changed", `${database}.${table} is gone, or its primary key`, {
        hint: "make the first copy again",
      });
    }
    this.#rowBytes = await averageRowBytes(this.#source, database, table);
    this.#limit = Math.max(1, Math.min(maxChunkRows, Math.floor(chunkBytes / this.#rowBytes)));
    return described;
  }

  #add(rows: readonly Row[], { schema }: CopiedTable): CopyStep {
    const { database, table } = schema;
    const last = rows.at(-1);
    const complete = rows.length < this.#limit;
    const { tables, done, rows: before, totalRows, lastKey } = this.#progress;
    const key = last === undefined ? lastKey : schema.primaryKey.map((place) => last[place] ?? null);
    const next = { tables, rows: before + rows.length, totalRows };
    this.#progress = complete
      ? { ...next, done: done + 1 }
      : { ...next, done, ...(key === undefined ? {} : { lastKey: key }) };
    if (complete) this.#table = undefined;
    return {
      ...(rows.length === 0 ? {} : { rows: { schema, rows, bytes: rows.length * this.#rowBytes } }),
      records: complete ? [{ kind: "copy-table-done", database, table }] : [],
      progress: this.#progress,
    };
  }

  /** Views and routines as they are at a position that the stream has passed: a later change of them is in the stream. */
  async #finish(position: GtidPosition): Promise<CopyStep | undefined> {
    this.#last ??= await schemaAtPosition(this.#source, this.#databases);
    if (!includesPosition(position, parsePosition(this.#last.position))) return undefined;
    return { records: [{ kind: "copy-end", statements: this.#last.after }], progress: undefined };
  }
}

/** Of a table that was never analysed a guess, which a chunk of narrow rows survives. */
async function averageRowBytes(source: Source, database: string, table: string): Promise<number> {
  const [row] = await source.rows<{ bytes: string | number | null }>(
    `SELECT AVG_ROW_LENGTH AS bytes FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ${quoteString(database)} AND TABLE_NAME = ${quoteString(table)}`,
  );
  return Math.max(smallestRowBytes, Number(row?.bytes ?? 0));
}
