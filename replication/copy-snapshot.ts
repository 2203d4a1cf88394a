import { HotsiteError } from "../core/errors.ts";
import { includesPosition, parsePosition, type GtidPosition } from "../core/position.ts";
import type { FilePlace } from "./binlog/place.ts";
import { isAtLeast } from "./flavour.ts";
import type { Source } from "./source.ts";

/** Where the snapshot that the connection's transaction holds lies in the binlog. */
export interface SnapshotPlace {
  /** Every transaction that it shows ends here or before. */
  readonly place: FilePlace;
  /** Undefined: it shows all of those. Otherwise it shows at least these, and of what came after them perhaps not all. */
  readonly shows: GtidPosition | undefined;
}

/** Begins a snapshot that shows at least what was seen; undefined when the server does not do so yet. */
export function beginSnapshot(source: Source, seen: GtidPosition): Promise<SnapshotPlace | undefined> {
  return snapshots[source.version.flavour](source, seen);
}

const snapshots = { mariadb: mariadbSnapshot, mysql: mysqlSnapshot };

const begin = [
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
  "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
];

/**
 * MariaDB tells the place of a snapshot in its binlog. (Watermarks from `gtid_binlog_pos` would not do: it counts transactions that a
 * SELECT does not see yet.)
 */
async function mariadbSnapshot(source: Source): Promise<SnapshotPlace> {
  const rows = await source.several<{ Variable_name: string; Value: string }>([
    ...begin,
    "SHOW STATUS WHERE Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')",
  ]);
  const value = (name: string): string =>
    rows.find(({ Variable_name }) => Variable_name === name)?.Value ?? "";
  const place = { file: value("Binlog_snapshot_file"), offset: Number(value("Binlog_snapshot_position")) };
  if (place.file !== "" && place.offset > 0) return { place, shows: undefined };
  throw new HotsiteError("source-failed", "the source does not tell the binlog position of a snapshot", {
    hint: "MariaDB 10.3 or newer with its binlog on does",
  });
}

interface MysqlRow {
  readonly executed?: string;
  readonly File?: string;
  readonly Position?: number | string;
}

/**
 * MySQL tells no place of a snapshot. It sends a transaction before it shows it, and counts it in `gtid_executed` after that: so what is
 * counted before the snapshot is in it, and what is in it was written to the binlog before the file's end is asked for. All in one
 * exchange: over a WAN, much would be written between several.
 */
async function mysqlSnapshot(source: Source, seen: GtidPosition): Promise<SnapshotPlace | undefined> {
  const counted = "SELECT @@GLOBAL.gtid_executed AS executed";
  const ends = isAtLeast(source.version, 8, 2) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
  const rows = await source.several<MysqlRow>(["ROLLBACK", counted, ...begin, ends]);
  const [first, end] = [rows[0], rows.at(-1)];
  const shows = parsePosition(first?.executed ?? "");
  if (!includesPosition(shows, seen)) return undefined;
  if (end?.File !== undefined) return { place: { file: end.File, offset: Number(end.Position) }, shows };
  throw new HotsiteError("source-failed", "the source does not tell where its binlog ends", {
    hint: "its binlog has to be on: log_bin",
  });
}
