import { HotsiteError } from "../core/errors.ts";
import {
  formatPosition,
  includesPosition,
  joinPositions,
  ofOrigin,
  parsePosition,
  subtractPosition,
  type GtidPosition,
  type Origin,
} from "../core/position.ts";
import type { Source } from "./source.ts";

/** What the source says of itself. */
export interface SourceState {
  readonly origin: Origin;
  /** Everything in its binlog. */
  readonly position: GtidPosition;
  /** What it does not have in its binlog any more, where it tells. */
  readonly purged: GtidPosition;
  /** Whether it ever wrote all of this, which is of its own origin. */
  readonly wrote: (own: GtidPosition) => boolean;
}

export function sourceState(source: Source): Promise<SourceState> {
  return states[source.version.flavour](source);
}

const states = { mariadb: mariadbState, mysql: mysqlState };

async function mariadbState(source: Source): Promise<SourceState> {
  const [row] = await source.rows<{ domain: number; position: string; history: string }>(
    "SELECT @@GLOBAL.gtid_domain_id AS domain, @@GLOBAL.gtid_binlog_pos AS position, @@GLOBAL.gtid_binlog_state AS history",
  );
  if (row === undefined) throw silent();
  // Of each server that ever wrote in a domain, the last transaction: the same number by another server is another history.
  const history = row.history.split(",").map(parsePosition);
  const servers = (position: GtidPosition): string =>
    formatPosition(position).split("-").slice(0, 2).join("-");
  return {
    origin: row.domain,
    position: parsePosition(row.position),
    purged: parsePosition(""),
    wrote: (own) => history.some((last) => servers(last) === servers(own) && includesPosition(last, own)),
  };
}

async function mysqlState(source: Source): Promise<SourceState> {
  const [row] = await source.rows<{ uuid: string; executed: string; purged: string }>(
    "SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged",
  );
  if (row === undefined) throw silent();
  const position = parsePosition(row.executed);
  return {
    origin: row.uuid.toLowerCase(),
    position,
    purged: parsePosition(row.purged),
    wrote: (own) => includesPosition(position, own),
  };
}

/**
 * Where to read on after `from`: of the source's own writes exactly there; of others' at their end, since those transactions came by
 * replication and are passed over. Throws "diverged" when the source does not have what `from` says, "source-refused" when it has thrown
 * away what comes next.
 */
export function startPosition(
  from: GtidPosition,
  { origin, position, purged, wrote }: SourceState,
): GtidPosition {
  const own = ofOrigin(from, origin);
  const written = ofOrigin(position, origin);
  if (own.form !== "empty" && !wrote(own)) throw diverged(own, written);
  const start = joinPositions(subtractPosition(position, written), own);
  const missing = subtractPosition(purged, start);
  if (missing.form !== "empty") throw thrownAway(missing);
  return start;
}

function silent(): HotsiteError {
  return new HotsiteError("source-failed", "the source does not tell its GTID position");
}

function diverged(own: GtidPosition, written: GtidPosition): HotsiteError {
  const [wanted, has] = [formatPosition(own), formatPosition(written) || "nothing"];
  return new HotsiteError("diverged", `the source does not have ${wanted}; it ends at ${has}`, {
    hint: "the source lost transactions that were replicated already: promote the other site, or make a new first copy from this one",
    details: { wanted, has },
  });
}

function thrownAway(missing: GtidPosition): HotsiteError {
  const text = formatPosition(missing);
  return new HotsiteError("source-refused", `the source has purged ${text} from its binlog`, {
    hint: "make a new first copy: hotsite reprotect; then keep binlogs for longer: SET PERSIST binlog_expire_logs_seconds = …",
    details: { missing: text },
  });
}
