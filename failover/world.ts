import type { Application } from "../core/application.ts";
import type { Balancer, Member } from "../core/balancer.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { DatabaseControl, LinkControl, PreparedByXa, Witness } from "../core/protection.ts";
import type { Store } from "../core/store.ts";
import type { Answer } from "../lifecycle/http.ts";

/** Everything that protection touches of one application on two sites. Calls keep their connections open, so a second call is quick. */
export interface ProtectionWorld {
  readonly application: Application;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly witness: Witness;
  readonly balancer: Balancer;
  /** Where people reach the application, for reports. */
  readonly endpoint: URL;
  /** Where drill reports go. */
  readonly reportsFolder: string;
  database(site: string): DatabaseControl;
  link(site: string): LinkControl;
  power(site: string): SitePower;
  web(site: string): WebTier;
  /** One GET of the health path through the balancer, as a client does it; see `http.ts`. A failure is an answer too. */
  ask(signal: AbortSignal): Promise<Answer>;
  /** What `observer` (a site's gateway node, or the edge) sees of a site now. Rejects when the observer itself cannot be asked. */
  probe(observer: string, site: string, signal: AbortSignal): Promise<Probe>;
  /** The drill's own table in the database of a site. Whoever opens it closes it. */
  ledger(site: string, signal: AbortSignal): Promise<Ledger>;
  /** What only the database of `site` has. */
  lostTransactions(site: string, range: LostRange, signal: AbortSignal): Promise<readonly LostTransaction[]>;
  /** Compares the replicated tables of both databases row by row, at one position; link running. */
  verify(source: string, target: string, signal: AbortSignal): Promise<readonly TableDiff[]>;
}

/** The machines of one site, through its cloud's driver. All methods are repeatable. */
export interface SitePower {
  state(signal: AbortSignal): Promise<PowerState>;
  /** Resolves when the driver has confirmed that no node of the site runs any more; rejects when it cannot tell. */
  off(signal: AbortSignal): Promise<void>;
  /** Resolves when every node runs; services may still be starting. */
  on(signal: AbortSignal): Promise<void>;
}

export type PowerState = "on" | "off" | "mixed" | "unknown";

/** The web tier of one site. All methods are repeatable. */
export interface WebTier {
  /** By its own account it starts beside a read-only database. */
  readonly startsReadOnly: boolean;
  /** Throws "not-ready" when it does not come up. */
  start(signal: AbortSignal): Promise<void>;
  stop(signal: AbortSignal): Promise<void>;
  running(signal: AbortSignal): Promise<boolean>;
  /** Resolves when each node answers on the health path; throws a retryable "timeout". */
  ready(timeoutMs: number, signal: AbortSignal): Promise<void>;
  members(): Promise<readonly Omit<Member, "state">[]>;
}

/** One look at a site from one place. */
export interface Probe {
  /** Whether the observer reaches what it must always reach (the other observer's place); if not, it abstains. */
  readonly control: boolean;
  /** `answers`: greets; `busy`: answers that it has no connection left; `refuses`: nothing listens; `silent`: no word in time. */
  readonly database: "answers" | "busy" | "refuses" | "silent";
  /** Whether any node of the site answers at all. */
  readonly site: boolean;
}

/** The ledger table: one row per transaction, replicated like the application's data. */
export interface Ledger extends AsyncDisposable {
  /** Resolves once the transaction is committed. A rejection leaves open whether it was. */
  append(entry: LedgerEntry, signal: AbortSignal): Promise<void>;
  /** Every entry of one drill; a token that is there twice comes twice. */
  entries(drill: string, signal: AbortSignal): Promise<readonly LedgerEntry[]>;
}

export interface LedgerEntry {
  /** Unique over all drills. */
  readonly id: number;
  readonly drill: string;
  /** Milliseconds since 1970, by the writer's clock. */
  readonly writtenMs: number;
}

/** What a site committed itself after `from` up to `to` (positions of its own writes), in order, and what is undecided there still. */
export interface LostRange {
  readonly from: string;
  readonly to: string;
  /** Prepared by XA and undecided at `from`. */
  readonly undecided: readonly PreparedByXa[];
}

/** One transaction that only the old primary has. */
export interface LostTransaction {
  readonly gtid: string;
  /** Prepared by XA, and neither committed nor rolled back: then `committedMs` is when it was prepared. */
  readonly xid?: string | undefined;
  readonly committedMs: number;
  readonly tables: readonly string[];
  /** Ledger ids that it wrote. */
  readonly ledgerIds: readonly number[];
  /** Its changes as text, with keys, for the person who decides what to enter again. */
  readonly changes: readonly string[];
  /** Written by Hotsite for itself, such as a heartbeat. */
  readonly internal: boolean;
}

export interface TableDiff {
  readonly table: string;
  readonly sourceRows: number;
  readonly targetRows: number;
  readonly differing: number;
  /** The first keys that differ. */
  readonly keys: readonly string[];
}
