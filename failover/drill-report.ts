import type { Guard } from "./guards.ts";
import type { Verdict } from "./detect.ts";
import type { Latency, LossByKind, Outage } from "./measure.ts";
import type { LostTransaction, TableDiff } from "./world.ts";

export type DrillKind = "site-power-off" | "switchover";

/** Null stands for "not measured"; it is never taken for good. */
export type Measured = number | null;

export interface Numbers {
  /** Power-off: from the client's last good answer to a row of good ones. */
  readonly rtoClientSeconds: Measured;
  /** Power-off: from the verdict to a row of good answers. */
  readonly rtoPlatformSeconds: Measured;
  /** Power-off: from the fault to the verdict. */
  readonly detectionSeconds: Measured;
  /** Switchover: from holding requests to letting them go on. */
  readonly writeGapSeconds: Measured;
  /** Switchover: from the old database's freeze to the new one's promotion. */
  readonly databaseGapSeconds: Measured;
  /** Confirmed to the ledger's client, and missing in the primary. */
  readonly lostTransactions: Measured;
  /** The same from the databases' own positions: what the old site alone had, without Hotsite's own and never confirmed ones. */
  readonly lostByGtid: Measured;
  /** From the last confirmed write that is missing back to the first one. */
  readonly lossSpanSeconds: Measured;
  readonly duplicatedTransactions: Measured;
  readonly rowsCompared: Measured;
  readonly rowsDiffering: Measured;
  readonly switchoverFailedRequests: Measured;
  readonly switchoverLostTransactions: Measured;
}

export type Outcome = "pass" | "fail" | "not measured";

export interface Objective {
  readonly name: string;
  readonly objective: string;
  readonly measured: string;
  readonly outcome: Outcome;
}

export interface TimelineEvent {
  readonly label: string;
  readonly atMs: number;
}

export interface StepTiming {
  readonly workflow: string;
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** One slice of the client's time, for the availability strip. */
export interface Slice {
  readonly atMs: number;
  readonly good: number;
  readonly bad: number;
}

/** Everything that a drill found, as it is written to `drills/<id>.json`. */
export interface DrillReport {
  readonly format: 1;
  readonly id: string;
  readonly application: string;
  readonly endpoint: string;
  readonly kind: DrillKind;
  /** The site that was the primary when it began. */
  readonly site: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** The fault, or the begin of the switchover. */
  readonly faultMs: number | null;
  readonly result: "passed" | "failed" | "not measured";
  readonly headline: string;
  /** What went wrong in the drill itself, and the command that goes on from there. */
  readonly problems: readonly string[];
  readonly numbers: Numbers;
  readonly objectives: readonly Objective[];
  readonly timeline: readonly TimelineEvent[];
  readonly verdict: Verdict | null;
  readonly guards: readonly Guard[];
  readonly epochs: readonly { readonly epoch: number; readonly writer: string; readonly atMs: number }[];
  readonly client: {
    readonly perSecond: number;
    readonly requests: number;
    readonly failed: number;
    readonly failures: Readonly<Record<string, number>>;
    readonly failedAfterStable: Measured;
    readonly outage: Outage | null;
    readonly latency: Latency | null;
    readonly sliceMs: number;
    readonly strip: readonly Slice[];
  };
  readonly ledger: {
    readonly attempted: number;
    readonly confirmed: number;
    readonly committedUnconfirmed: Measured;
    readonly unknown: Measured;
    readonly longestGapSeconds: Measured;
    readonly lostIds: readonly number[];
    /** The writer's own notes of confirmed writes. */
    readonly file: string;
  };
  readonly loss: { readonly byKind: LossByKind; readonly transactions: readonly LostTransaction[] } | null;
  readonly tables: readonly TableDiff[] | null;
  readonly steps: readonly StepTiming[];
  readonly configSha256: string;
  readonly previous: { readonly report: string; readonly sha256: string } | null;
}
