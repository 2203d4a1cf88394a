import type { Scene } from "../lifecycle/context.ts";
import type { Controls } from "../lifecycle/controls.ts";
import { openSiteDatabase } from "../lifecycle/site-database.ts";
import { databasesOf, replicationOf } from "../lifecycle/wiring.ts";
import type { Piece } from "../replication/binlog/transactions.ts";
import { readTransactions } from "../replication/read-transactions.ts";
import type { RepairRun } from "../replication/repaired.ts";
import { verify, type VerifyOptions } from "../replication/verify.ts";
import type { TableDifference } from "../replication/verify-table.ts";
import { changeText, ledgerIdsIn, tablesIn } from "./change-text.ts";
import type { LostTransaction, TableDiff } from "./world.ts";

/** An installed application, as evidence is taken from it. */
export interface Ground {
  readonly scene: Scene;
  readonly controls: Controls;
}

/** What a site's database has committed itself between two positions of its own writes, from its binlog. */
export async function lostBetween(
  { scene, controls }: Ground,
  { site, from, to }: { site: string; from: string; to: string },
  signal: AbortSignal,
): Promise<readonly LostTransaction[]> {
  const databases = databasesOf(replicationOf(scene.world).of);
  await using database = await openSiteDatabase(scene, controls, site, signal);
  const pieces = new Map<string, Piece[]>();
  const options = { source: database.source, databases, clock: scene.world.clock };
  for await (const piece of readTransactions(options, from, to, signal)) {
    pieces.set(piece.gtid, [...(pieces.get(piece.gtid) ?? []), piece]);
  }
  return [...pieces.values()].map(transactionOf);
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
