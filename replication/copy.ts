import { HotsiteError } from "../core/errors.ts";
import { includesPosition, parsePosition, type GtidPosition } from "../core/position.ts";
import { comparePlaces, type FilePlace } from "./binlog/place.ts";
import type { SourceChange } from "./binlog/open-rows.ts";
import { openChunk, type Chunk } from "./copy-chunk.ts";
import { programsAtPosition, schemaAtPosition } from "./copy-schema.ts";
import type { NewRecord } from "./batch-builder.ts";
import { WholeCopy } from "./copy-whole.ts";
import type { CopyProgress, CopyUnit, TableName, TableSchema } from "./record.ts";
import { withoutHidden } from "./selection/cut-table.ts";
import type { Selection } from "./selection/selection.ts";
import { readColumns, type CopiedTable } from "./source-columns.ts";
import { fullName } from "./show-create.ts";
import type { Source } from "./source.ts";
import type { TextRows } from "./text-rows.ts";
import { TouchedKeys } from "./touched-keys.ts";

/** What one snapshot is asked for: from little to much, as fast as it comes. Meanwhile the stream waits. */
const chunkBytes = { smallest: 2 ** 20, largest: 2 ** 24 };
const chunkMs = { short: 500, long: 2_000 };
const smallestRowBytes = 64;

/** Where a copy begins, before anything streams. */
export interface CopyBegin {
  readonly record: NewRecord;
  readonly progress: CopyProgress;
  readonly position: string;
}

export async function beginCopy(source: Source, selection: Selection): Promise<CopyBegin> {
  const { before, units, rows, position } = await schemaAtPosition(source, selection);
  return {
    record: { kind: "copy-begin", databases: selection.databases, statements: before },
    progress: { units, done: 0, rows: 0, totalRows: rows },
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

interface ReachedPlace extends StreamPlace {
  readonly committed: FilePlace;
  readonly reached: FilePlace;
}

/** A chunk on its way, with what the stream has changed of its table since. */
interface OpenChunk {
  readonly chunk: Chunk;
  readonly touched: TouchedKeys;
  readonly limit: number;
  /** The stream is where it belongs: everything of it goes in here. */
  here: boolean;
  rows: number;
  readonly beganMs: number;
}

/** What a step of the copy adds to the stream. */
export interface CopyStep {
  readonly rows?: { readonly schema: TableSchema; readonly rows: TextRows };
  readonly records: readonly NewRecord[];
  /** Undefined when the copy is complete. */
  readonly progress: CopyProgress | undefined;
}

/** The first copy while the stream runs. Its progress is all it knows, so it goes on from the progress that the log's tail holds. */
export class FirstCopy {
  #progress: CopyProgress;
  readonly #source: Source;
  readonly #selection: Selection;
  #table: CopiedTable | undefined;
  #rowBytes = smallestRowBytes;
  #chunkBytes = chunkBytes.smallest;
  #chunk: OpenChunk | undefined;
  #whole: WholeCopy | undefined;
  #wholeBegun = false;
  #last: Awaited<ReturnType<typeof programsAtPosition>> | undefined;

  constructor(source: Source, selection: Selection, progress: CopyProgress) {
    this.#source = source;
    this.#selection = selection;
    this.#progress = progress;
  }

  get progress(): CopyProgress {
    return this.#progress;
  }

  /** The next chunk, or the end, when the stream is exactly where it belongs; undefined when more of the stream must come first. */
  async step({ committed, reached, position }: StreamPlace): Promise<CopyStep | undefined> {
    if (committed === undefined || reached === undefined) return undefined;
    const unit = this.#progress.units[this.#progress.done];
    if (unit === undefined) return this.#finish(position);
    if (unit.whole) return this.#stepWhole(unit, { committed, reached, position });
    this.#table ??= await this.#describe(unit.tables[0]);
    this.#chunk ??= await this.#open(this.#table, position);
    if (this.#chunk === undefined) return undefined;
    const { chunk, touched } = this.#chunk;
    if (!this.#chunk.here) {
      if (chunk.shows === undefined ? comparePlaces(committed, chunk.place) > 0 : touched.tooMany)
        return this.#tooOld();
      if (comparePlaces(reached, chunk.place) < 0) return undefined;
      this.#chunk.here = true;
    }
    const rows = await chunk.next().catch((error: unknown) => {
      throw isMissing(error) ? gone(unit.tables[0], error) : error;
    });
    return rows === undefined
      ? this.#endChunk(this.#chunk, this.#table)
      : this.#add(rows, this.#chunk, this.#table);
  }

  async #open(table: CopiedTable, seen: GtidPosition): Promise<OpenChunk | undefined> {
    const { lastKey } = this.#progress;
    const where = lastKey === undefined ? {} : { lastKey };
    const limit = Math.max(1, Math.floor(this.#chunkBytes / this.#rowBytes));
    const beganMs = performance.now();
    const chunk = await openChunk(this.#source, { table, limit, seen, ...where });
    return chunk && { chunk, touched: new TouchedKeys(table.schema), limit, here: false, rows: 0, beganMs };
  }

  /**
   * What of the changes has to be carried while the copy runs: nothing of a table that is still to come or waits for its snapshot, and
   * marked as overlapping what belongs to a table of which chunks are there already. `gtid`: of the transaction that it belongs to.
   */
  filter(change: SourceChange, gtid: string): readonly SourceChange[] {
    if (change.kind === "statement") {
      throw new HotsiteError(
        "schema-changed",
        `the schema was changed while the first copy ran: ${change.sql.slice(0, 40)}…`,
        { hint: "it begins again by itself; leave the schema as it is until it is complete" },
      );
    }
    const { units, done } = this.#progress;
    const place = placesOf(units).get(fullName(change.table)) ?? -1;
    if (place < done) return [change];
    if (place > done) return [];
    if (this.#chunk?.chunk.shows !== undefined) this.#chunk.touched.add(change);
    this.#whole?.changed(gtid);
    return units[done]?.whole === true ? [] : [{ ...change, overlap: true }];
  }

  /** The snapshot does not show what the server had sent already, or too much was changed since: another one is taken. */
  async #tooOld(): Promise<undefined> {
    await this.#chunk?.chunk.close();
    this.#chunk = undefined;
  }

  /** Everything of a unit goes in at one place of the stream: it is asked for the next piece until there is none. */
  async #stepWhole(
    { tables }: CopyUnit,
    { committed, reached, position }: ReachedPlace,
  ): Promise<CopyStep | undefined> {
    this.#whole ??= await this.#openWhole(tables, position);
    if (this.#whole === undefined) return undefined;
    if (!this.#wholeBegun) {
      const meeting = this.#whole.meets(committed, reached);
      if (meeting === "missed") await this.#closeWhole();
      if (meeting !== "here") return undefined;
      this.#wholeBegun = true;
      return { records: [{ kind: "copy-unit", tables }], progress: this.#progress };
    }
    const chunk = await this.#whole.next();
    const { units, done, rows, totalRows } = this.#progress;
    if (chunk !== undefined) {
      this.#progress = { units, done, rows: rows + chunk.rows.count, totalRows };
      return { rows: chunk, records: [], progress: this.#progress };
    }
    await this.#closeWhole();
    this.#progress = { units, done: done + 1, rows, totalRows };
    return {
      records: tables.map((table) => ({ kind: "copy-table-done", ...table })),
      progress: this.#progress,
    };
  }

  async #openWhole(tables: readonly TableName[], seen: GtidPosition): Promise<WholeCopy | undefined> {
    const described: CopiedTable[] = [];
    for (const table of tables) described.push(await this.#columnsOf(table));
    return WholeCopy.open(this.#source, described, seen);
  }

  async #closeWhole(): Promise<void> {
    await this.#whole?.close();
    [this.#whole, this.#wholeBegun] = [undefined, false];
  }

  async #describe(name: TableName | undefined): Promise<CopiedTable> {
    const described = await this.#columnsOf(name);
    if (described.schema.primaryKey.length === 0) throw gone(name);
    // Of a table that was never analysed a guess, which a chunk of narrow rows survives.
    this.#rowBytes = Math.max(smallestRowBytes, described.rowBytes);
    return described;
  }

  async #columnsOf(name: TableName | undefined): Promise<CopiedTable> {
    const described = name && (await readColumns(this.#source, name.database, name.table));
    if (described === undefined) throw gone(name);
    return withoutHidden(described, this.#selection);
  }

  #add(rows: TextRows, open: OpenChunk, { schema }: CopiedTable): CopyStep {
    open.rows += rows.count;
    const last = rows.last(schema.columns);
    const { units, done, rows: before, totalRows } = this.#progress;
    const lastKey = schema.primaryKey.map((place) => last?.[place] ?? null);
    this.#progress = { units, done, rows: before + rows.count, totalRows, lastKey };
    // Of the others the stream has carried what they are here.
    const fresh = open.touched.any
      ? rows.filter(schema.columns, (row) => !open.touched.has((at) => row.value(at)))
      : rows;
    return {
      ...(fresh.count === 0 ? {} : { rows: { schema, rows: fresh } }),
      records: [],
      progress: this.#progress,
    };
  }

  async #endChunk(open: OpenChunk, { schema }: CopiedTable): Promise<CopyStep> {
    await open.chunk.close();
    this.#chunk = undefined;
    const tookMs = performance.now() - open.beganMs;
    const { smallest, largest } = chunkBytes;
    if (tookMs < chunkMs.short) this.#chunkBytes = Math.min(largest, 2 * this.#chunkBytes);
    if (tookMs > chunkMs.long) this.#chunkBytes = Math.max(smallest, this.#chunkBytes / 2);
    if (open.rows === open.limit) return { records: [], progress: this.#progress };
    const { units, done, rows, totalRows } = this.#progress;
    this.#progress = { units, done: done + 1, rows, totalRows };
    this.#table = undefined;
    const { database, table } = schema;
    return { records: [{ kind: "copy-table-done", database, table }], progress: this.#progress };
  }

  /** Views and routines as they are at a position that the stream has passed: a later change of them is in the stream. */
  async #finish(position: GtidPosition): Promise<CopyStep | undefined> {
    this.#last ??= await programsAtPosition(this.#source, this.#selection);
    if (!includesPosition(position, parsePosition(this.#last.position))) return undefined;
    return { records: [{ kind: "copy-end", statements: this.#last.after }], progress: undefined };
  }
}

const knownPlaces = new WeakMap<readonly CopyUnit[], ReadonlyMap<string, number>>();

/** In which unit a table is, by its name. Looked up for each change, of thousands of tables. */
function placesOf(units: readonly CopyUnit[]): ReadonlyMap<string, number> {
  const known = knownPlaces.get(units);
  if (known !== undefined) return known;
  const places = new Map(units.flatMap(({ tables }, place) => tables.map((one) => [fullName(one), place])));
  knownPlaces.set(units, places);
  return places;
}

/** What a server says of a table, a column or an index that is not there any more: the statement is still on its way. */
const missing = new Set<unknown>([1054, 1146, 1176]);

function isMissing(error: unknown): boolean {
  return error instanceof HotsiteError && missing.has(error.details["number"]);
}

function gone(name: TableName | undefined, cause?: unknown): HotsiteError {
  const what = name === undefined ? "a table" : `${name.database}.${name.table}`;
  return new HotsiteError("schema-changed", `${what} is gone, or its key`, {
    cause,
    hint: "the first copy begins again by itself; leave the schema as it is until it is complete",
  });
}
