import type { Authority, LinkStatus } from "../core/protection.ts";
import type { Facts } from "../lifecycle/facts.ts";

export type StateName =
  | "UNPROTECTED"
  | "PROTECTING"
  | "PROTECTED"
  | "DEGRADED"
  | "SWITCHING-OVER"
  | "FAILING-OVER"
  | "FAILED-OVER"
  | "REPROTECTING"
  | "DIVERGED"
  | "DRILLING";

export interface State {
  readonly name: StateName;
  /** Why it is not better, as one sentence; empty when PROTECTED. */
  readonly reason: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What is known at the moment besides the facts; undefined: could not be asked. */
export interface Observed {
  /** The workflow that runs now or was interrupted. */
  readonly operation: string | undefined;
  /** It failed where it could be neither finished nor taken back: nobody runs it any more. */
  readonly stuck?: boolean;
  readonly authority: Authority | undefined;
  /** The link at the standby's gateway; null: it has no order. */
  readonly link: LinkStatus | null | undefined;
  /** Sites whose database is writable; a database that cannot be asked is not among them. */
  readonly writable: readonly string[];
  /** Sites whose database was asked and did not answer. */
  readonly silent?: readonly string[];
  readonly maxLagSeconds: number;
}

/** What people see, derived from facts and from what is observed now. Pure. */
export function stateOf(facts: Facts | undefined, seen: Observed): State {
  if (facts === undefined) {
    return seen.operation === undefined
      ? { name: "UNPROTECTED", reason: "there is no standby yet", next: "hotsite install" }
      : { name: "PROTECTING", reason: "the standby is being set up" };
  }
  return diverged(facts, seen) ?? busy(facts, seen) ?? lasting(facts, seen);
}

function diverged({ activeSite }: Facts, { writable, authority, operation }: Observed): State | undefined {
  if (writable.length > 1) {
    return {
      name: "DIVERGED",
      reason: `the databases of ${writable.join(" and ")} are both writable`,
      next: "stop one of them; the witness says which may write: hotsite status --json",
    };
  }
  const [other] = writable;
  if (operation === undefined && other !== undefined && other !== activeSite && authority?.writer !== other) {
    return {
      name: "DIVERGED",
      reason: `${other} is writable without the right to be`,
      next: `hotsite reprotect`,
    };
  }
  return undefined;
}

const operations: Readonly<Record<string, StateName>> = {
  switchover: "SWITCHING-OVER",
  failover: "FAILING-OVER",
  reprotect: "REPROTECTING",
};

function busy(facts: Facts, { operation, stuck }: Observed): State | undefined {
  const name = operation === undefined ? undefined : operations[operation];
  if (facts.drill !== null) {
    return {
      name: "DRILLING",
      reason: `drill ${facts.drill.id} since ${new Date(facts.drill.startedMs).toISOString()}`,
      next: "if nobody runs it any more: hotsite drill --recover",
    };
  }
  if (name === "REPROTECTING" && facts.failover === null)
    return { name: "PROTECTING", reason: "the standby gets its first copy" };
  if (name === undefined) return undefined;
  return stuck === true
    ? {
        name,
        reason: `${operation} failed in the middle, and could neither be finished nor taken back`,
        next: "hotsite resume; if that cannot succeed any more: hotsite resume --abandon",
      }
    : { name, reason: `${operation} is in progress`, next: "if nobody runs it any more: hotsite resume" };
}

function lasting(facts: Facts, seen: Observed): State {
  const { activeSite, standbySite, failover, copied } = facts;
  if (failover !== null) {
    return {
      name: "FAILED-OVER",
      reason: `${activeSite} serves alone since ${failover.from} was lost${leftBehind(failover)}`,
      next: "hotsite reprotect",
    };
  }
  const moved = authorityTrouble(facts, seen);
  if (moved !== undefined) return moved;
  if (!copied)
    return {
      name: "PROTECTING",
      reason: `the first copy to ${standbySite} is not complete`,
      next: "hotsite install",
    };
  if (seen.authority === undefined) return degraded("the witness does not answer: no failover is possible");
  return primaryTrouble(facts, seen) ?? linkTrouble(facts, seen) ?? { name: "PROTECTED", reason: "" };
}

/** The primary may not write, by the one who says who may. */
function authorityTrouble({ activeSite, epoch }: Facts, { authority }: Observed): State | undefined {
  if (authority === undefined || authority.writer === activeSite) return undefined;
  const { writer } = authority;
  if (writer === null)
    return degraded(`the witness lets nobody write: a change of primary was given up`, "hotsite install");
  const reason = `the witness lets ${writer} write, not ${activeSite}`;
  return authority.epoch > epoch
    ? degraded(
        `${reason}: roles were changed with another state folder, later than this one knows`,
        "hotsite reprotect",
      )
    : degraded(reason, "hotsite resume");
}

/** A coordinator that commits them later must be told. */
function leftBehind({ undecided }: NonNullable<Facts["failover"]>): string {
  if (undecided.length === 0) return "";
  return `; ${undecided.length} prepared by XA were left there (hotsite replication undecided)`;
}

/** A standby with everything in it is no comfort to people who cannot write. */
function primaryTrouble({ activeSite }: Facts, { writable }: Observed): State | undefined {
  if (writable.includes(activeSite)) return undefined;
  return degraded(`the database of ${activeSite} is read-only or does not answer`, "hotsite doctor");
}

function linkTrouble(
  { standbySite }: Facts,
  { link, maxLagSeconds, silent = [] }: Observed,
): State | undefined {
  if (link === undefined)
    return degraded(`the gateway of ${standbySite} does not answer`, `hotsite logs ${standbySite}`);
  if (silent.includes(standbySite))
    return degraded(`the database of ${standbySite} does not answer`, "hotsite doctor");
  if (link === null) return degraded(`${standbySite} follows nobody`, "hotsite reprotect");
  if (link.state === "failed")
    return degraded(
      `replication stopped: ${link.problem ?? "no reason given"}`,
      "hotsite replication status",
    );
  if (link.state === "paused") return degraded("replication is paused", "hotsite replication resume");
  if (link.state !== "streaming") return degraded(`replication is ${link.state}`);
  if (link.lagSeconds === undefined) return degraded("no heartbeat has arrived yet");
  if (link.lagSeconds > maxLagSeconds)
    return degraded(`${standbySite} is ${link.lagSeconds.toFixed(1)} s behind`);
  return undefined;
}

function degraded(reason: string, next?: string): State {
  return { name: "DEGRADED", reason, ...(next === undefined ? {} : { next }) };
}
