import type { Request } from "./client.ts";
import type { LedgerAttempt } from "./ledger-writer.ts";
import type { Loss } from "./loss.ts";
import type { LedgerEntry } from "./world.ts";

/** What clients noticed of one fault. */
export interface Outage {
  readonly lastGoodMs: number;
  readonly firstBadMs: number;
  /** End of the first row of good answers; undefined: it never came. */
  readonly stableMs: number | undefined;
  readonly failed: number;
  /** From the last good answer to the stable one. */
  readonly seconds: number | undefined;
}

/** So many good answers in a row end an outage. */
export const STABLE_ROW = 10;

/** The outage that began after `faultMs`, as the client saw it; undefined when no request failed. Pure. */
export function outageOf(requests: readonly Request[], faultMs: number): Outage | undefined {
  const ended = [...requests].sort((a, b) => a.endedMs - b.endedMs);
  const firstBad = ended.findIndex(({ ok, endedMs }) => !ok && endedMs >= faultMs);
  const bad = ended[firstBad];
  if (bad === undefined) return undefined;
  // A request that hung began before: the last good answer counts, not the moment at which the hanging one was given up.
  const lastGoodMs = ended.slice(0, firstBad).findLast(({ ok }) => ok)?.endedMs ?? bad.startedMs;
  const stableMs = endOfRow(ended.slice(firstBad));
  const failed = ended
    .slice(firstBad)
    .filter(({ ok, endedMs }) => !ok && endedMs <= (stableMs ?? Infinity)).length;
  return {
    lastGoodMs,
    firstBadMs: bad.endedMs,
    stableMs,
    failed,
    seconds: stableMs && (stableMs - lastGoodMs) / 1000,
  };
}

function endOfRow(requests: readonly Request[]): number | undefined {
  let row = 0;
  for (const { ok, endedMs } of requests) {
    row = ok ? row + 1 : 0;
    if (row === STABLE_ROW) return endedMs;
  }
  return undefined;
}

/** Requests that failed, by what the client got. */
export function failuresOf(requests: readonly Request[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { ok, outcome } of requests) if (!ok) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** How long good answers took; undefined when there was none. */
export function latencyOf(requests: readonly Request[]): Latency | undefined {
  const times = requests
    .filter(({ ok }) => ok)
    .map(({ startedMs, endedMs }) => endedMs - startedMs)
    .sort((a, b) => a - b);
  const maxMs = times.at(-1);
  if (maxMs === undefined) return undefined;
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? maxMs;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs };
}

/** What the ledger proves, from what was confirmed and what the primary has now. */
export interface LedgerResult {
  readonly attempted: number;
  readonly confirmed: number;
  /** Confirmed, and missing now. */
  readonly lost: readonly LedgerAttempt[];
  /** Never confirmed, but there: the client must expect that. */
  readonly committedUnconfirmed: number;
  readonly duplicated: number;
  /** There, though nobody wrote them. */
  readonly unknown: number;
  /** Longest time between two confirmed writes. */
  readonly longestGapMs: number;
}

/** Compares the writer's own notes with the ledger. Pure. */
export function compareLedger(
  attempts: readonly LedgerAttempt[],
  present: readonly LedgerEntry[],
): LedgerResult {
  const there = new Map<number, number>();
  for (const { id } of present) there.set(id, (there.get(id) ?? 0) + 1);
  const tried = new Set(attempts.map(({ entry }) => entry.id));
  const confirmed = attempts.filter(({ ackedMs }) => ackedMs !== undefined);
  return {
    attempted: attempts.length,
    confirmed: confirmed.length,
    lost: confirmed.filter(({ entry }) => !there.has(entry.id)),
    committedUnconfirmed: attempts.filter(
      ({ entry, ackedMs }) => ackedMs === undefined && there.has(entry.id),
    ).length,
    duplicated: [...there.values()].filter((count) => count > 1).length,
    unknown: [...there.keys()].filter((id) => !tried.has(id)).length,
    longestGapMs: longestGap(confirmed.map(({ ackedMs = 0 }) => ackedMs)),
  };
}

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, time, index) => Math.max(longest, time - (times[index - 1] ?? time)), 0);
}

/** The lost transactions by what they were, judged by the ledger's own notes. */
export interface LossByKind {
  readonly total: number;
  /** The ledger's client was told that they are committed. */
  readonly confirmed: number;
  /** The ledger's client was not told. */
  readonly unconfirmed: number;
  /** Written by Hotsite for itself. */
  readonly internal: number;
  /** Of the application: whether somebody was told is not known, so they count as if. */
  readonly application: number;
  /** Prepared by XA, and never committed. */
  readonly undecided: number;
}

/** Pure. */
export function classifyLoss({ transactions }: Loss, attempts: readonly LedgerAttempt[]): LossByKind {
  const confirmedIds = new Set(
    attempts.filter(({ ackedMs }) => ackedMs !== undefined).map(({ entry }) => entry.id),
  );
  const kinds = transactions.map(({ internal, ledgerIds, xid }) => {
    if (xid !== undefined) return "undecided";
    if (internal) return "internal";
    if (ledgerIds.length === 0) return "application";
    return ledgerIds.some((id) => confirmedIds.has(id)) ? "confirmed" : "unconfirmed";
  });
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  return {
    total: transactions.length,
    confirmed: count("confirmed"),
    unconfirmed: count("unconfirmed"),
    internal: count("internal"),
    application: count("application"),
    undecided: count("undecided"),
  };
}
