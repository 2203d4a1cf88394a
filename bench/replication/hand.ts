import type { Connection } from "mysql2/promise";
import { deletesSql, insertsSql, rowsAStatement, upsertsSql } from "./sql.ts";
import type { Contender } from "./race.ts";
import { bulkRows, markerId, rowOf, tables, type BenchRow, type Operation, type Work } from "./work.ts";

/**
 * No replicator but a bound: what somebody who knows the outcome in advance would write, in statements of 1,000 rows over one connection.
 * The text of all statements is there before the clock starts.
 */
export const hand: Contender = {
  name: "hand",
  async ready({ work }, target) {
    const statements = outcome(work);
    const connection = await target.connect({ database: "bench" });
    let failure: string | undefined;
    return {
      pids: [],
      go: () => {
        void send(connection, statements).catch((error: unknown) => (failure = String(error)));
        return Promise.resolve();
      },
      problem: () => Promise.resolve(failure),
      [Symbol.asyncDispose]: async () => {
        await connection.end();
      },
    };
  },
};

async function send(connection: Connection, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await connection.query(sql);
}

/** The net changes of each table, markers last. */
function outcome({ preloaded, writers, bulk }: Work): readonly string[] {
  const operations = writers.flat();
  const bulks = [...bulkRows(bulk, rowsAStatement)].flatMap(({ table, rows }) => insertsSql(table, rows));
  const net = tables.flatMap((table) => {
    const before = new Set((preloaded.get(table) ?? []).map(({ id }) => id));
    const mine = operations.filter((operation) => operation.table === table);
    return netOf(table, mine, before);
  });
  return [...bulks, ...net, ...tables.flatMap((table) => insertsSql(table, [rowOf(markerId)]))];
}

function netOf(
  table: string,
  operations: readonly Operation[],
  before: ReadonlySet<number>,
): readonly string[] {
  const last = new Map(operations.map((operation) => [operation.row.id, operation]));
  const kept = [...last.values()].filter(({ kind }) => kind !== "delete").map(({ row }) => row);
  const gone = [...last.values()].filter(({ kind, row }) => kind === "delete" && before.has(row.id));
  const isNew = ({ id }: BenchRow): boolean => !before.has(id);
  return [
    ...insertsSql(table, kept.filter(isNew)),
    ...upsertsSql(
      table,
      kept.filter((row) => !isNew(row)),
    ),
    ...deletesSql(
      table,
      gone.map(({ row }) => row.id),
    ),
  ];
}
