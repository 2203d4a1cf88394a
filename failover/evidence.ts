import type { Scene } from "../lifecycle/context.ts";
import type { Controls } from "../lifecycle/controls.ts";
import { openSiteDatabase } from "../lifecycle/site-database.ts";
import { databasesOf, replicationOf } from "../lifecycle/wiring.ts";
import { HotsiteError } from "../core/errors.ts";
import type { PreparedByXa } from "../core/protection.ts";
import type { Piece } from "../replication/binlog/transactions.ts";
import { readTransactions } from "../replication/read-transactions.ts";
import { decisionsAt, type Decisions } from "../replication/decisions.ts";
import type { RepairRun } from "../replication/repaired.ts";
import { verify, type VerifyOptions } from "../replication/verify.ts";
import type { TableDifference } from "../replication/verify-table.ts";
import { changeText, ledgerIdsIn, tablesIn } from "./change-text.ts";
import type { LostRange, LostTransaction, TableDiff } from "./world.ts";

/** An installed application, as evidence is taken from it. */
export interface Ground {
  readonly scene: Scene;
  readonly controls: Controls;
}

/** What a site's database has committed itself between two positions of its own writes, and what it has prepared, from its binlog. */
export async function lostBetween(
  { scene, controls }: Ground,
  site: string,
  { from, to, undecided }: LostRange,
  signal: AbortSignal,
): Promise<readonly LostTransaction[]> {
  const databases = databasesOf(replicationOf(scene.world).of);
  await using database = await openSiteDatabase(scene, controls, site, signal);
  const pieces = new Map<string, Piece[]>();
  const options = { source: database.source, databases, clock: scene.world.clock };
  const decisions = decisionsAt(options, undecided);
  for await (const piece of readTransactions({ ...options, decisions }, from, to, signal)) {
    pieces.set(piece.gtid, [...(pieces.get(piece.gtid) ?? []), piece]);
  }
  const left = new Set(await controls.database(site).undecided(signal));
  const prepared = decisions.undecided.filter(({ xid }) => left.has(xid));
  return [
    ...[...pieces.values()].map(transactionOf),
    ...(await Promise.all(prepared.map((one) => preparedTransaction(decisions, one, signal)))),
  ];
}

/** Without its changes where the binlog does not have them any more. */
async function preparedTransaction(
  decisions: Decisions,
  { xid, gtid, preparedMs }: PreparedByXa,
  signal: AbortSignal,
): Promise<LostTransaction> {
  const pieces: Piece[] = [];
  try {
    for await (const piece of decisions.rowsOf(xid, signal)) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof HotsiteError) || error.retryable) throw error;
  }
  return { ...transactionOf(pieces), gtid, xid, committedMs: preparedMs, internal: false };
}

const HEARTBEAT = "hotsite.heartbeat";

function transactionOf(pieces: readonly Piece[]): LostTransaction {
  const [first] = pieces;
  const changes = pieces.flatMap((piece) => piece.changes);
  const tables = tablesIn(changes);
  return {
    gtid: first?.gtid ?? "",
    committedMs: first?.commitMs ?? 0,
    tables,
    ledgerIds: ledgerIdsIn(changes),
    changes: changes.flatMap(changeText),
    internal: tables.every((table) => table === HEARTBEAT),
  };
}

/** Compares what two sites hold of the replicated tables, row by row, while both are in use. */
export async function compareSites(
  ground: Ground,
  way: { source: string; target: string },
  signal: AbortSignal,
): Promise<readonly TableDiff[]> {
  const compared = await verifySites(ground, way, {}, signal);
  return compared.map(({ table, sourceRows, targetRows, differing, keys }) => {
    return { table, sourceRows, targetRows, differing, keys };
  });
}

/** What may be said of a comparison besides its sides. */
export interface VerifyMore extends Pick<
  VerifyOptions,
  "tables" | "onProgress" | "maxRowsPerSecond" | "memory"
> {
  readonly repair?: RepairRun;
}

/** The same in full, of all tables or of some; with `repair` rows that differ are made equal. */
export async function verifySites(
  { scene, controls }: Ground,
  way: { source: string; target: string },
  { repair, ...more }: VerifyMore,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  const databases = databasesOf(replicationOf(scene.world).of);
  await using source = await openSiteDatabase(scene, controls, way.source, signal);
  await using target = await openSiteDatabase(scene, controls, way.target, signal);
  const sides = { source: source.source, target: target.source };
  const repairs = repair && { repair: { ...repair, target: target.applied } };
  return await verify({ ...sides, databases, clock: scene.world.clock, ...more, ...repairs }, signal);
}
