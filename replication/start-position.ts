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
  const [row] = await source.rows<{ logs: number; domain: number; position: string; history: string }>(
    "SELECT @@GLOBAL.log_bin AS logs, @@GLOBAL.gtid_domain_id AS domain, @@GLOBAL.gtid_binlog_pos AS position, @@GLOBAL.gtid_binlog_state AS history",
  );
  if (row === undefined) throw silent();
  if (row.logs === 0) throw withoutBinlog();
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
  const [row] = await source.rows<{ logs: number; uuid: string; executed: string; purged: string }>(
    "SELECT @@GLOBAL.log_bin AS logs, @@GLOBAL.server_uuid AS uuid, @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged",
  );
  if (row === undefined) throw silent();
  if (row.logs === 0) throw withoutBinlog();
  const position = parsePosition(row.executed);
  return {
    origin: row.uuid.toLowerCase(),
    position,
    purged: parsePosition(row.purged),
    wrote: (own) => includesPosition(position, own),
  };
}

/** Whose transactions a stream carries: the source's own, and those of the server that it stands in for, whose writes came to it by replication. */
export function carriedOrigins({ origin }: SourceState, before: Origin | undefined): readonly Origin[] {
  return before === undefined || before === origin ? [origin] : [origin, before];
}

/**
 * Where to read on after `from`: of the origins that are carried exactly there. Others' transactions came by replication: `passed`, none of
 * them is read; `looked-at`, those that have come since are. Throws "diverged" when the source does not have what `from` says,
 * "source-refused" when it has thrown away what comes next.
 */
export function startPosition(
  from: GtidPosition,
  { position, purged, wrote }: SourceState,
  carried: readonly Origin[],
  others: "passed" | "looked-at" = "passed",
): GtidPosition {
  const start = carried.reduce(
    (reached, origin) => {
      const own = ofOrigin(from, origin);
      const written = ofOrigin(position, origin);
      if (own.form !== "empty" && !wrote(own)) throw diverged(own, written);
      return joinPositions(subtractPosition(reached, written), own);
    },
    others === "passed" ? position : joinPositions(from, purged),
  );
  const missing = subtractPosition(purged, start);
  if (missing.form !== "empty") throw thrownAway(missing);
  return start;
}

function silent(): HotsiteError {
  return new HotsiteError("source-failed", "the source does not tell its GTID position");
}

function withoutBinlog(): HotsiteError {
  return new HotsiteError("source-refused", "the source writes no binlog: log_bin is OFF", {
    hint: "start it with log_bin; what was written in between is in no binlog, so make a new first copy: hotsite reprotect",
  });
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
