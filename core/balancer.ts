import type { Endpoint } from "./driver.ts";

/** One server behind the balancer. */
export interface Member extends Endpoint {
  /** Unique in the pool: `east/web-1`. */
  readonly name: string;
  readonly site: string;
  /** `ready` gets traffic once healthy, `drain` only finishes what it has, `off` gets nothing. */
  readonly state: "ready" | "drain" | "off";
}

export interface MemberStats {
  readonly name: string;
  readonly site: string;
  readonly state: Member["state"];
  readonly healthy: boolean;
  /** Requests in progress. */
  readonly sessions: number;
  /** Requests answered since the balancer started. */
  readonly requests: number;
}

/** What spreads traffic over a pool. Every implementation passes `test/lb/contract.ts`. */
export interface Balancer {
  /** What the pool is now. */
  members(signal: AbortSignal): Promise<readonly Member[]>;
  /** Makes the pool exactly this, at once and durably (a restart of the balancer keeps it); repeatable. */
  apply(members: readonly Member[], signal: AbortSignal): Promise<void>;
  /** Puts these members to `drain` and resolves when they have no request in progress; throws a retryable "timeout". */
  drain(names: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Of these members nobody new gets one, and who has a session there keeps it, until the next `apply` or `drain`; repeatable. False where
   * the balancer does not keep people at a member: nothing is changed then.
   */
  keepSessions(names: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** New requests wait inside the balancer, at most `maxWaitMs` each, instead of being sent to a member; repeatable. */
  hold(maxWaitMs: number, signal: AbortSignal): Promise<void>;
  /** Requests flow again; repeatable. */
  release(signal: AbortSignal): Promise<void>;
  stats(signal: AbortSignal): Promise<readonly MemberStats[]>;
}
