import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { silentLogger } from "../../core/logger.ts";
import type { CopyStatus, LinkOrder } from "../../core/protection.ts";
import { Secret } from "../../core/secret.ts";
import { waitFor } from "../../core/wait.ts";
import { includesPosition, parsePosition } from "../../core/position.ts";
import { decodeBatch } from "../../replication/batch.ts";
import { openChunk } from "../../replication/copy-chunk.ts";
import { Feeder, type FeederOptions, type FeederStatus } from "../../replication/feeder.ts";
import { openEmbeddedLog } from "../../replication/log/embedded.ts";
import type { RecordBatch, Row, StreamRecord, TableSchema } from "../../replication/record.ts";
import { schemaSql } from "../../replication/schema.ts";
import { readColumns } from "../../replication/source-columns.ts";
import { Source, type SourceOptions } from "../../replication/source.ts";
import type { DatabaseServer } from "../support/database-server.ts";

export const order: LinkOrder = {
  ...{ stream: "shop/db/1", epoch: 1, from: "east", to: "west", start: "", begin: "copy" },
};

export function sourceOptions(server: DatabaseServer): SourceOptions {
  return { site: "east", host: "127.0.0.1", port: server.port, user: "root", password: new Secret("") };
}

export async function createOwnSchema(server: DatabaseServer): Promise<void> {
  const statements = schemaSql.split(";\n").filter((text) => text.trim() !== "");
  await server.query(...statements);
}

/** A log in a folder of its own, gone in the end. */
export async function temporaryLog(stream = order.stream): Promise<Log & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "hotsite-log-"));
  const log = await openEmbeddedLog(folder, stream);
  return {
    folder,
    append: (batch) => log.append(batch),
    read: (from, signal) => log.read(from, signal),
    tail: () => log.tail(),
    trim: (upTo) => log.trim(upTo),
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A feeder at work in this process. */
export interface RunningFeeder {
  readonly status: FeederStatus | undefined;
  /** All that it has said of its first copy. */
  readonly copies: readonly CopyStatus[];
  /** Rejects as the feeder did. */
  stop(): Promise<void>;
  /** Resolves when the feeder has given up, with why. */
  readonly failure: Promise<unknown>;
}

const running = new Set<() => Promise<void>>();

/** After each test: what a failed one has left running. */
export async function stopFeeders(): Promise<void> {
  const stops = [...running];
  running.clear();
  await Promise.allSettled(stops.map((stop) => stop()));
}

export function startFeeder(
  server: DatabaseServer,
  log: Log,
  databases: readonly string[],
  changes: Partial<Omit<LinkOrder, "selection">> & Partial<Pick<FeederOptions, "source" | "selection">> = {},
): RunningFeeder {
  const { source = sourceOptions(server), selection, ...other } = changes;
  const ended = new AbortController();
  let status: FeederStatus | undefined;
  const copies: CopyStatus[] = [];
  const feeder = new Feeder({
    ...{ source, log, databases, order: { ...order, ...other }, clock: systemClock, logger: silentLogger },
    ...(selection !== undefined && { selection }),
    onStatus: (now) => {
      status = now;
      if (now.copy !== undefined) copies.push(now.copy);
    },
  });
  const run = feeder.run(ended.signal);
  const failure = run.then(
    () => undefined,
    (error: unknown) => error,
  );
  const stop = async (): Promise<void> => {
    ended.abort();
    await run;
  };
  running.add(stop);
  return {
    get status() {
      return status;
    },
    ...{ copies, failure, stop },
  };
}

/** Every batch that the log holds now. */
export async function batchesOf(log: Log): Promise<readonly RecordBatch[]> {
  const tail = await log.tail();
  const batches: RecordBatch[] = [];
  if (tail === undefined) return batches;
  const signal = AbortSignal.timeout(30_000);
  for await (const batch of log.read(1, signal)) {
    batches.push(decodeBatch(batch.payload));
    if (batch.last >= tail.last) break;
  }
  return batches;
}

export async function recordsOf(log: Log): Promise<readonly StreamRecord[]> {
  return (await batchesOf(log)).flatMap(({ records }) => records);
}

/** Resolves when the log holds a record that `look` accepts. */
export async function awaitRecord(
  log: Log,
  what: string,
  look: (record: StreamRecord) => boolean,
  timeoutMs = 40_000,
): Promise<void> {
  await waitFor(
    async () => ((await recordsOf(log)).some(look) ? true : undefined),
    { timeoutMs, intervalMs: 50, what },
    new AbortController().signal,
  );
}

/** Resolves when everything that the server has written is in the log. */
export async function awaitCaughtUp(server: DatabaseServer, log: Log, timeoutMs = 40_000): Promise<void> {
  const wanted = await server.position();
  await waitFor(
    async () => {
      const tail = await log.tail();
      const position = tail === undefined ? "" : decodeBatch(tail.payload).position;
      return includesPosition(parsePosition(position), parsePosition(wanted)) ? true : undefined;
    },
    { timeoutMs, intervalMs: 50, what: `${wanted} in the log` },
    new AbortController().signal,
  );
}

/** All rows of a table as the source's SELECT gives them to a copy. */
export async function selectAll(
  server: DatabaseServer,
  database: string,
  table: string,
): Promise<{ readonly names: readonly string[]; readonly rows: readonly Row[] }> {
  await using source = await Source.open(sourceOptions(server), AbortSignal.timeout(60_000));
  const described = await readColumns(source, database, table);
  if (described === undefined) throw new Error(`no table ${database}.${table}`);
  const chunk = await openChunk(source, { table: described, limit: 1_000_000, seen: parsePosition("") });
  const rows: Row[] = [];
  for (let piece = await chunk?.next(); piece !== undefined; piece = await chunk?.next())
    rows.push(...piece.values(described.schema.columns));
  return { names: described.columns.map(({ schema }) => schema.name), rows };
}

/** SQL of a table with the one column `seq`, from 1 up to 100,000 at most, on any server. */
export function numbers(count: number): string {
  const digits = `(SELECT 0 d ${Array.from({ length: 9 }, (_, digit) => `UNION ALL SELECT ${digit + 1}`).join(" ")})`;
  const all = ["a", "b", "c", "d", "e"].map((name) => `${digits} ${name}`).join(", ");
  return `(SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d AS seq FROM ${all} HAVING seq <= ${count}) AS numbers`;
}

/** The simplest target there can be: rows by table and key, strict where the records promise something. */
export class MemoryTarget {
  readonly tables = new Map<string, Map<string, Row>>();
  readonly problems: string[] = [];
  readonly gtids: string[] = [];
  complete = false;
  #parts: { readonly batch: RecordBatch; readonly record: StreamRecord & { kind: "transaction" } }[] = [];

  applyAll(batches: readonly RecordBatch[]): this {
    for (const batch of batches) for (const record of batch.records) this.#apply(batch, record);
    return this;
  }

  rows(database: string, table: string): readonly Row[] {
    return [...(this.tables.get(`${database}.${table}`)?.values() ?? [])];
  }

  #apply(batch: RecordBatch, record: StreamRecord): void {
    if (record.kind === "abort") this.#parts = [];
    if (record.kind === "copy-begin") this.tables.clear();
    if (record.kind === "copy-end") this.complete = true;
    if (record.kind === "copy-chunk") {
      const schema = batch.tables[record.table]!;
      this.#chunk(schema, record.rows.values(schema.columns));
    }
    if (record.kind !== "transaction") return;
    if (record.part !== this.#parts.length + 1) this.problems.push(`part ${record.part} of ${record.gtid}`);
    this.#parts.push({ batch, record });
    if (!record.last) return;
    for (const part of this.#parts) this.#change(part.batch, part.record);
    this.#parts = [];
    if (this.gtids.includes(record.gtid)) this.problems.push(`${record.gtid} twice`);
    this.gtids.push(record.gtid);
  }

  #chunk(schema: TableSchema, rows: readonly Row[]): void {
    const table = this.#table(schema);
    for (const row of rows) {
      const known = table.get(keyOf(schema, row));
      if (known !== undefined && text(known) !== text(row))
        this.problems.push(`a chunk changes ${text(known)}`);
      table.set(keyOf(schema, row), row);
    }
  }

  #change(batch: RecordBatch, record: StreamRecord & { kind: "transaction" }): void {
    for (const change of record.changes) {
      if (change.kind === "statement") continue;
      const schema = batch.tables[change.table]!;
      const strict = change.overlap === undefined;
      for (const [place, row] of change.rows.entries()) {
        if (change.kind === "insert") this.#put(schema, row, strict);
        else this.#take(schema, row, strict);
        if (change.kind === "update") this.#put(schema, change.after![place]!, strict);
      }
    }
  }

  #put(schema: TableSchema, row: Row, strict: boolean): void {
    const table = this.#table(schema);
    if (strict && table.has(keyOf(schema, row)))
      this.problems.push(`${schema.table}: ${text(row)} is there already`);
    table.set(keyOf(schema, row), row);
  }

  #take(schema: TableSchema, row: Row, strict: boolean): void {
    const table = this.#table(schema);
    const known = table.get(keyOf(schema, row));
    if (strict && (known === undefined || text(known) !== text(row)))
      this.problems.push(`${schema.table}: ${text(row)} is not there`);
    table.delete(keyOf(schema, row));
  }

  #table({ database, table }: TableSchema): Map<string, Row> {
    const name = `${database}.${table}`;
    const known = this.tables.get(name) ?? new Map<string, Row>();
    this.tables.set(name, known);
    return known;
  }
}

function keyOf({ primaryKey }: TableSchema, row: Row): string {
  return text(primaryKey.map((place) => row[place] ?? null));
}

function text(row: Row): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
