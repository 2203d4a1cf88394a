import { HotsiteError } from "../core/errors.ts";
import { parsePosition, type DomainPosition, type GtidPosition } from "../core/position.ts";
import type { Source } from "./source.ts";

/** What the source says of itself. */
export interface SourceState {
  /** The GTID domain of its own writes. */
  readonly domain: number;
  /** Everything in its binlog. */
  readonly position: GtidPosition;
  /** Of each server that ever wrote in a domain, the last transaction. */
  readonly history: readonly { readonly domain: number; readonly at: DomainPosition }[];
}

interface StateRow {
  readonly domain: number;
  readonly position: string;
  readonly history: string;
}

export async function sourceState(source: Source): Promise<SourceState> {
  const [row] = await source.rows<StateRow>(
    "SELECT @@GLOBAL.gtid_domain_id AS domain, @@GLOBAL.gtid_binlog_pos AS position, @@GLOBAL.gtid_binlog_state AS history",
  );
  if (row === undefined)
    throw new HotsiteError("source-failed", "the source does not tell its GTID position");
  const history = row.history
    .split(",")
    .flatMap((gtid) => [...parsePosition(gtid)].map(([domain, at]) => ({ domain, at })));
  return { domain: row.domain, position: parsePosition(row.position), history };
}

/**
 * Where to read on after `from`: in the source's own domain exactly there; in others at their end, since those transactions came
 * by replication and are passed over. Throws "diverged" when the source does not have what `from` says.
 */
export function startPosition(from: GtidPosition, { domain, position, history }: SourceState): GtidPosition {
  const start = new Map(position);
  start.delete(domain);
  const own = from.get(domain);
  if (own === undefined) return start;
  const known = history.some((each) => each.domain === domain && includes(each.at, own));
  if (!known) throw diverged(domain, own, position.get(domain));
  return start.set(domain, own);
}

function includes(at: DomainPosition, own: DomainPosition): boolean {
  return at.server === own.server && at.sequence >= own.sequence;
}

function diverged(domain: number, own: DomainPosition, last: DomainPosition | undefined): HotsiteError {
  const wanted = `${domain}-${own.server}-${own.sequence}`;
  const has = last === undefined ? "nothing" : `${domain}-${last.server}-${last.sequence}`;
  return new HotsiteError("diverged", `the source does not have ${wanted}; it ends at ${has}`, {
    hint: "the source lost transactions that were replicated already: promote the other site, or make a new first copy from this one",
    details: { wanted, has },
  });
}
