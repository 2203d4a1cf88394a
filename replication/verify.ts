import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../core/clock.ts";
import { HotsiteError } from "../core/errors.ts";
import { includesPosition, ofOrigin, parsePosition } from "../core/position.ts";
import { waitFor } from "../core/wait.ts";
import { quoteString } from "./literal.ts";
import { Source, type SourceOptions } from "./source.ts";
import { readColumns, type CopiedTable } from "./source-columns.ts";
import { differingKeys, endOfChunk, keyText, readHashes, summarize, type KeyRange } from "./verify-rows.ts";
import type { Row } from "./record.ts";

export interface VerifyOptions {
  readonly source: SourceOptions;
  readonly target: SourceOptions;
  readonly databases: readonly string[];
  readonly clock: Clock;
}

/** How one table differs. */
export interface TableDifference {
  /** `database.table`. */
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Rows that one side lacks or that are not equal. */
  readonly differing: number;
  /** The first keys that differ. */
  readonly keys: readonly string[];
}

const keysTold = 20;
/** A row that is being changed looks different for as long as the change travels: it is looked at again. */
const looks = 10;
const lookAgainMs = 200;
const catchUpMs = 30_000;

/**
 * Compares the replicated tables row by row, by checksums that the servers make, while both are in use: what seems to differ is looked at
 * again after the target has reached the source's position, and counts when it still does. Gives every table.
 */
export async function verify(
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  await using source = await Source.open(options.source, signal);
  await using target = await Source.open(options.target, signal);
  const compared: TableDifference[] = [];
  for (const [database, table] of await tablesOf([source, target], options.databases)) {
    signal.throwIfAborted();
    compared.push(await new TableComparison(source, target, options.clock, signal).run(database, table));
  }
  return compared;
}

class TableComparison {
  readonly #source: Source;
  readonly #target: Source;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(source: Source, target: Source, clock: Clock, signal: AbortSignal) {
    this.#source = source;
    this.#target = target;
    this.#clock = clock;
    this.#signal = signal;
  }

  async run(database: string, name: string): Promise<TableDifference> {
    const [ours, theirs] = await Promise.all([
      readColumns(this.#source, database, name),
      readColumns(this.#target, database, name),
    ]);
    const label = `${database}.${name}`;
    if (ours === undefined || theirs === undefined || !isDeepStrictEqual(ours.schema, theirs.schema))
      return this.#otherShape(label, ours, theirs);
    if (ours.schema.primaryKey.length === 0) {
      throw new HotsiteError("no-primary-key", `${label} has no primary key: its rows cannot be told apart`, {
        hint: "give it one; a link refuses such a table as well",
      });
    }
    const [sourceRows, targetRows, suspects] = await this.#scan(ours);
    const differing = await this.#confirm(ours, suspects);
    const keys = differing.slice(0, keysTold).map((key) => keyText(ours, key));
    return { table: label, sourceRows, targetRows, differing: differing.length, keys };
  }

  async #scan(table: CopiedTable): Promise<[number, number, readonly Row[]]> {
    const suspects: Row[] = [];
    let [sourceRows, targetRows] = [0, 0];
    let range: KeyRange = {};
    do {
      this.#signal.throwIfAborted();
      range = { after: range.upTo, upTo: await endOfChunk(this.#source, table, range.upTo) };
      const [ours, theirs] = await Promise.all([
        summarize(this.#source, table, range),
        summarize(this.#target, table, range),
      ]);
      sourceRows += ours.rows;
      targetRows += theirs.rows;
      if (isDeepStrictEqual(ours, theirs)) continue;
      suspects.push(...differingKeys(...(await this.#hashes(table, { range }))));
    } while (range.upTo !== undefined);
    return [sourceRows, targetRows, suspects];
  }

  async #confirm(table: CopiedTable, suspects: readonly Row[]): Promise<readonly Row[]> {
    let left = suspects;
    for (let look = 0; look < looks && left.length > 0; look += 1) {
      if (look > 0) await this.#clock.sleep(lookAgainMs, this.#signal);
      await this.#targetCatchesUp();
      left = differingKeys(...(await this.#hashes(table, { keys: left })));
    }
    return left;
  }

  #hashes(table: CopiedTable, which: Parameters<typeof readHashes>[2]) {
    return Promise.all([readHashes(this.#source, table, which), readHashes(this.#target, table, which)]);
  }

  /** A target that does not follow is compared as it is. */
  async #targetCatchesUp(): Promise<void> {
    const wanted = await ownPosition(this.#source);
    const look = async (): Promise<true | undefined> =>
      includesPosition(await wholePosition(this.#target), wanted) ? true : undefined;
    const wait = { timeoutMs: catchUpMs, intervalMs: 20, clock: this.#clock, what: "the target to catch up" };
    await waitFor(look, wait, this.#signal).catch((error: unknown) => {
      if (!(error instanceof HotsiteError && error.code === "timeout")) throw error;
    });
  }

  async #otherShape(
    label: string,
    ours: CopiedTable | undefined,
    theirs: CopiedTable | undefined,
  ): Promise<TableDifference> {
    const count = async (server: Source, table: CopiedTable | undefined): Promise<number> =>
      table === undefined ? 0 : (await summarize(server, table, {})).rows;
    const sourceRows = await count(this.#source, ours);
    const targetRows = await count(this.#target, theirs);
    const problem =
      ours === undefined
        ? "only at the target"
        : theirs === undefined
          ? "only at the source"
          : "other columns";
    return {
      table: label,
      sourceRows,
      targetRows,
      differing: Math.max(sourceRows, targetRows, 1),
      keys: [problem],
    };
  }
}

async function tablesOf(
  servers: readonly Source[],
  databases: readonly string[],
): Promise<readonly [string, string][]> {
  const sql = `SELECT TABLE_SCHEMA AS \`database\`, TABLE_NAME AS name FROM information_schema.TABLES
    WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA IN (${databases.map(quoteString).join(", ")})`;
  const lists = await Promise.all(
    servers.map((server) => server.rows<{ database: string; name: string }>(sql)),
  );
  const tables = new Map(
    lists.flat().map(({ database, name }) => [JSON.stringify([database, name]), [database, name]]),
  );
  return [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, table]) => table as [string, string]);
}

async function wholePosition(server: Source) {
  const [row] = await server.rows<{ position: string }>("SELECT @@GLOBAL.gtid_binlog_pos AS position");
  return parsePosition(row?.position ?? "");
}

async function ownPosition(server: Source) {
  const [row] = await server.rows<{ domain: number }>("SELECT @@GLOBAL.gtid_domain_id AS domain");
  return ofOrigin(await wholePosition(server), row?.domain ?? 0);
}
