import type { Request } from "./client.ts";
import type { Verdict } from "./detect.ts";
import type { DrillOptions } from "./drill.ts";
import { headlineOf, objectivesOf } from "./drill-objectives.ts";
import type { DrillReport, Measured, Numbers, Slice, StepTiming, TimelineEvent } from "./drill-report.ts";
import type { Facts } from "../lifecycle/facts.ts";
import type { Guard } from "./guards.ts";
import type { LedgerAttempt } from "./ledger-writer.ts";
import type { Loss } from "./loss.ts";
import {
  classifyLoss,
  compareLedger,
  failuresOf,
  latencyOf,
  outageOf,
  type LedgerResult,
  type LossByKind,
  type Outage,
} from "./measure.ts";
import type { LedgerEntry, ProtectionWorld, TableDiff } from "./world.ts";

/** What a drill gathers while it runs. What is missing at the end was not measured. */
export interface Findings {
  readonly id: string;
  readonly startedMs: number;
  readonly events: TimelineEvent[];
  readonly steps: StepTiming[];
  readonly epochs: { readonly epoch: number; readonly writer: string; readonly atMs: number }[];
  readonly problems: string[];
  guards: readonly Guard[];
  faultMs?: number;
  verdict?: Verdict;
  /** Switchover only: the moments between which writes could not be. */
  gap?: {
    readonly heldMs: number;
    readonly frozenMs: number;
    readonly promotedMs: number;
    readonly releasedMs: number;
  };
  requests?: readonly Request[];
  attempts?: readonly LedgerAttempt[];
  ledgerFile?: string;
  present?: readonly LedgerEntry[];
  loss?: Loss;
  tables?: readonly TableDiff[];
  /** The scenario went through; otherwise what happened is told, but nothing is called measured. */
  completed?: boolean;
  unrestored?: boolean;
}

interface Compared {
  readonly outage: Outage | undefined;
  readonly ledger: LedgerResult | undefined;
  readonly byKind: LossByKind | undefined;
}

/** The report from what was gathered. */
export function compileReport(
  world: ProtectionWorld,
  {
    options,
    facts,
    findings,
  }: { readonly options: DrillOptions; readonly facts: Facts; readonly findings: Findings },
): DrillReport {
  const { requests = [], attempts = [], faultMs } = findings;
  const compared: Compared = {
    outage: faultMs === undefined ? undefined : outageOf(requests, faultMs),
    ledger: findings.present && compareLedger(attempts, findings.present),
    byKind: findings.loss && classifyLoss(findings.loss, attempts),
  };
  const numbers = numbersOf(options, findings, compared);
  const objectives = objectivesOf(options.kind, numbers, world.application.protection);
  const endedMs = world.clock.now();
  return {
    format: 1,
    id: findings.id,
    application: world.application.name,
    endpoint: world.endpoint.href,
    kind: options.kind,
    site: facts.activeSite,
    startedMs: findings.startedMs,
    endedMs,
    faultMs: faultMs ?? null,
    ...headlineOf({
      kind: options.kind,
      numbers,
      objectives,
      protection: world.application.protection,
      problems: findings.problems,
    }),
    problems: findings.problems,
    numbers,
    objectives,
    timeline: [...findings.events, ...clientEvents(compared.outage)].sort((a, b) => a.atMs - b.atMs),
    verdict: findings.verdict ?? null,
    guards: findings.guards,
    epochs: [{ epoch: facts.epoch, writer: facts.activeSite, atMs: findings.startedMs }, ...findings.epochs],
    client: clientOf(options, requests, compared.outage, findings.startedMs, endedMs),
    ledger: ledgerOf(findings, compared.ledger),
    loss:
      findings.loss && compared.byKind
        ? { byKind: compared.byKind, transactions: findings.loss.transactions }
        : null,
    tables: findings.tables ?? null,
    steps: findings.steps,
    configSha256: options.configSha256,
    previous: facts.lastDrill && { report: facts.lastDrill.report, sha256: facts.lastDrill.sha256 },
  };
}

function numbersOf(
  { kind }: DrillOptions,
  findings: Findings,
  { outage, ledger, byKind }: Compared,
): Numbers {
  const { faultMs, verdict, gap, requests, tables } = findings;
  const powerOff = kind === "site-power-off" && findings.completed === true;
  const switched = kind === "switchover" && findings.completed === true;
  const lost = ledger?.lost.length ?? null;
  const span = ledger && spanOf(ledger.lost);
  return {
    // Without one failed request there was no outage.
    rtoClientSeconds: powerOff ? ((outage ?? { seconds: 0 }).seconds ?? null) : null,
    rtoPlatformSeconds:
      powerOff && verdict && outage?.stableMs !== undefined ? (outage.stableMs - verdict.atMs) / 1000 : null,
    detectionSeconds: verdict && faultMs !== undefined ? (verdict.atMs - faultMs) / 1000 : null,
    writeGapSeconds: gap ? (gap.releasedMs - gap.heldMs) / 1000 : null,
    databaseGapSeconds: gap ? (gap.promotedMs - gap.frozenMs) / 1000 : null,
    lostTransactions: lost,
    lostByGtid: byKind ? byKind.confirmed + byKind.application : null,
    lossSpanSeconds: span ?? null,
    duplicatedTransactions: ledger?.duplicated ?? null,
    rowsCompared: tables?.reduce((sum, { sourceRows }) => sum + sourceRows, 0) ?? null,
    rowsDiffering: tables?.reduce((sum, { differing }) => sum + differing, 0) ?? null,
    switchoverFailedRequests: switched && requests ? requests.filter(({ ok }) => !ok).length : null,
    switchoverLostTransactions: switched ? lost : null,
  };
}

/** From the first lost write to the last one. */
function spanOf(lost: readonly LedgerAttempt[]): Measured {
  const times = lost.map(({ ackedMs = 0 }) => ackedMs);
  return times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
}

function clientEvents(outage: Outage | undefined): readonly TimelineEvent[] {
  if (outage === undefined) return [];
  const stable = outage.stableMs === undefined ? [] : [{ label: "client: stable", atMs: outage.stableMs }];
  return [{ label: "client: last good answer", atMs: outage.lastGoodMs }, ...stable];
}

/** Fine enough to see an outage of a second, coarse enough for a strip that fits on paper. */
const SLICES = 240;

function clientOf(
  options: DrillOptions,
  requests: readonly Request[],
  outage: Outage | undefined,
  fromMs: number,
  toMs: number,
): DrillReport["client"] {
  const sliceMs = Math.max(250, (toMs - fromMs) / SLICES);
  return {
    perSecond: options.requestsPerSecond ?? 20,
    requests: requests.length,
    failed: requests.filter(({ ok }) => !ok).length,
    failures: failuresOf(requests),
    failedAfterStable: failedAfter(requests, outage),
    outage: outage ?? null,
    latency: latencyOf(requests) ?? null,
    sliceMs,
    strip: slicesOf(requests, fromMs, toMs, sliceMs),
  };
}

/** Null when the outage never ended: then there was no "after". */
function failedAfter(requests: readonly Request[], outage: Outage | undefined): Measured {
  if (outage === undefined) return 0;
  const { stableMs } = outage;
  return stableMs === undefined
    ? null
    : requests.filter(({ ok, endedMs }) => !ok && endedMs > stableMs).length;
}

function slicesOf(
  requests: readonly Request[],
  fromMs: number,
  toMs: number,
  sliceMs: number,
): readonly Slice[] {
  const slices = Array.from({ length: Math.ceil((toMs - fromMs) / sliceMs) }, (_, index) => ({
    atMs: fromMs + index * sliceMs,
    good: 0,
    bad: 0,
  }));
  for (const { ok, startedMs } of requests) {
    // By the start of each request: one that hung counts where the client began to wait.
    const slice = slices[Math.floor((startedMs - fromMs) / sliceMs)];
    if (slice !== undefined) slice[ok ? "good" : "bad"] += 1;
  }
  return slices;
}

function ledgerOf(
  { attempts = [], ledgerFile = "" }: Findings,
  result: LedgerResult | undefined,
): DrillReport["ledger"] {
  return {
    attempted: attempts.length,
    confirmed: attempts.filter(({ ackedMs }) => ackedMs !== undefined).length,
    committedUnconfirmed: result?.committedUnconfirmed ?? null,
    unknown: result?.unknown ?? null,
    longestGapSeconds: result === undefined ? null : result.longestGapMs / 1000,
    lostIds: result?.lost.map(({ entry }) => entry.id) ?? [],
    file: ledgerFile,
  };
}
