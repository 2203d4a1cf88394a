import { account, accountsSql } from "./accounts.ts";
import { checksumsOf, type Checksums } from "./checksums.ts";
import type { Flavour, Place, Server } from "./flavour.ts";
import { insertsSql, operationSql, rowsAStatement } from "./sql.ts";
import {
  bulkRows,
  database,
  markerId,
  rowOf,
  tables,
  tableSql,
  type BenchRow,
  type Operation,
  type Work,
} from "./work.ts";

/** Whether a fresh target has the tables and the rows from before the backlog. */
export type TargetKind = "prepared" | "empty";

/** A source that has done its work, and how fresh targets for it are made. */
export interface Stage extends AsyncDisposable {
  readonly flavour: Flavour;
  readonly work: Work;
  readonly source: Server;
  /** Where every contender begins. */
  readonly from: Place;
  /** The source's own, at the end. */
  readonly wanted: Checksums;
  /** What the work takes in the binlog. */
  readonly binlogBytes: number;
  target(): Promise<Server>;
}

const [sourceId, targetId] = [101, 102];

/** Makes the backlog: all of it is in the source's binlog before any clock starts. */
export async function openStage(
  flavour: Flavour,
  work: Work,
  signal: AbortSignal,
  targets: TargetKind = "prepared",
): Promise<Stage> {
  const source = await flavour.start(sourceId);
  try {
    await source.query(`CREATE DATABASE ${database}`, "FLUSH BINARY LOGS", ...accountsSql);
    await logIn(source);
    await prepare(source, work.preloaded);
    const [from, before] = [await flavour.place(source), await flavour.binlogBytes(source)];
    await source.query(...flavour.careless);
    await Promise.all(work.writers.map((operations) => write(source, operations, signal)));
    if (work.bulk > 0) await writeBulk(source, work.bulk, signal);
    await source.query(...tables.flatMap((table) => insertsSql(table, [rowOf(markerId)])));
    await source.query(...flavour.durable);
    const binlogBytes = (await flavour.binlogBytes(source)) - before;
    const stage = { flavour, work, source, from, wanted: await checksumsOf(source), binlogBytes };
    return {
      ...stage,
      target: () => openTarget(flavour, targets === "empty" ? undefined : work.preloaded),
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

async function openTarget(
  flavour: Flavour,
  rows: ReadonlyMap<string, readonly BenchRow[]> | undefined,
): Promise<Server> {
  const target = await flavour.start(targetId);
  try {
    await target.query("SET SESSION sql_log_bin = 0", `CREATE DATABASE ${database}`, ...accountsSql);
    await logIn(target);
    if (rows !== undefined) await prepare(target, rows);
    return target;
  } catch (error) {
    await target[Symbol.asyncDispose]();
    throw error;
  }
}

/** Tables and the rows that both sides have before, with nothing left to be written to the disk. */
async function prepare(server: Server, rows: ReadonlyMap<string, readonly BenchRow[]>): Promise<void> {
  await server.query(
    "SET SESSION sql_log_bin = 0",
    ...tables.map((table) => tableSql(table, database)),
    ...[...rows].flatMap(([table, list]) => insertsSql(table, list)),
    `FLUSH TABLES ${tables.map((table) => `${database}.${table}`).join(", ")} FOR EXPORT`,
    "UNLOCK TABLES",
  );
}

/** After it MySQL knows the password by heart, and needs no secure connection to hear it again. */
async function logIn(server: Server): Promise<void> {
  await (await server.connect(account)).end();
}

async function write(source: Server, operations: readonly Operation[], signal: AbortSignal): Promise<void> {
  const connection = await source.connect();
  for (const operation of operations) {
    signal.throwIfAborted();
    await connection.query(operationSql(operation));
  }
  await connection.end();
}

async function writeBulk(source: Server, count: number, signal: AbortSignal): Promise<void> {
  const connection = await source.connect();
  await connection.query("START TRANSACTION");
  for (const { table, rows } of bulkRows(count, rowsAStatement)) {
    signal.throwIfAborted();
    for (const sql of insertsSql(table, rows)) await connection.query(sql);
  }
  await connection.query("COMMIT");
  await connection.end();
}
