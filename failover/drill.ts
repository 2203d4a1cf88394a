import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { HotsiteError, messageOf } from "../core/errors.ts";
import type { Workflow } from "../core/workflow.ts";
import { HttpClient } from "./client.ts";
import { recoverFromDrill } from "./drill-recover.ts";
import type { DrillKind, DrillReport, StepTiming } from "./drill-report.ts";
import { compileReport, type Findings } from "./drill-result.ts";
import { powerOffScenario, switchoverScenario, type Scenario } from "./drill-scenarios.ts";
import { examine } from "./drill-examine.ts";
import { steadyState } from "./drill-steady.ts";
import type { Rules } from "./detect.ts";
import { changeFacts, needFacts, type Facts } from "../lifecycle/facts.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { writeReport } from "./report-files.ts";
import type { ProtectionWorld } from "./world.ts";

/** How the drill runs workflows: journaled, with whatever shows progress. */
export interface DrillHost {
  run<I>(workflow: Workflow<ProtectionWorld, I>, input: I, signal: AbortSignal): Promise<RunRecord>;
  /** Brings a run that was cut short to its end, forward or back; nothing when there is none. */
  resume(signal: AbortSignal): Promise<void>;
  /** One line for the person who watches. */
  say(text: string): void;
}

/** What is left of a finished run. */
export interface RunRecord {
  readonly steps: readonly (Omit<StepTiming, "workflow"> & { readonly output: unknown })[];
}

export interface DrillOptions {
  readonly kind: DrillKind;
  /** The site to power off: must be the primary. Default: the primary. */
  readonly site?: string;
  readonly requestsPerSecond?: number;
  readonly ledgerEveryMs?: number;
  /** How long the client and the ledger run before the fault, and after the end. */
  readonly calmMs?: number;
  readonly rules?: Rules;
  /** The application's configuration, so that the report says what was drilled. */
  readonly configSha256: string;
}

/** Everything that a scenario may use. */
export interface DrillRun {
  readonly world: ProtectionWorld;
  readonly host: DrillHost;
  readonly options: Required<Pick<DrillOptions, "calmMs">> & DrillOptions;
  readonly facts: Facts;
  readonly client: HttpClient;
  readonly ledger: LedgerWriter;
  readonly findings: Findings;
}

const scenarios: Readonly<Record<DrillKind, Scenario>> = {
  "site-power-off": powerOffScenario,
  switchover: switchoverScenario,
};

/**
 * A rehearsal on the real thing, with a client and a ledger that write all along. Whatever happens, the application is left serving or the
 * report says what is left to do. Throws `PreflightError` when it is not in a state to be rehearsed: then nothing was touched.
 */
export async function drill(
  world: ProtectionWorld,
  given: DrillOptions,
  host: DrillHost,
  signal: AbortSignal,
): Promise<DrillReport> {
  const options = { ...given, calmMs: given.calmMs ?? CALM_MS };
  const facts = await needFacts(world);
  requirePrimary(facts, options);
  await steadyState(world, facts, signal);
  await mkdir(world.reportsFolder, { recursive: true });

  const startedMs = world.clock.now();
  const id = new Date(startedMs)
    .toISOString()
    .replace(/\.\d+Z$/, "")
    .replaceAll(":", "-");
  await changeFacts(world, { drill: { id, kind: options.kind, site: facts.activeSite, startedMs } });
  const findings: Findings = { id, startedMs, events: [], steps: [], epochs: [], guards: [], problems: [] };
  await rehearse(world, { options, facts, host, findings }, signal);
  return finish(world, { options, facts, findings });
}

/** Long enough for a baseline: some dozens of requests and heartbeats. */
const CALM_MS = 3000;

type Setting = Pick<DrillRun, "options" | "facts" | "host" | "findings">;

async function rehearse(world: ProtectionWorld, setting: Setting, signal: AbortSignal): Promise<void> {
  const { options, facts, findings } = setting;
  findings.ledgerFile = join(world.reportsFolder, `${findings.id}.ledger.txt`);
  const perSecond = options.requestsPerSecond ?? 20;
  await using client = new HttpClient({ ask: (inner) => world.ask(inner), clock: world.clock, perSecond });
  await using ledger = new LedgerWriter({
    drill: findings.id,
    sites: [facts.activeSite, facts.standbySite],
    open: (site, inner) => world.ledger(site, inner),
    clock: world.clock,
    file: findings.ledgerFile,
    everyMs: options.ledgerEveryMs ?? 20,
    timeoutMs: 2000,
  });
  findings.requests = client.requests;
  findings.attempts = ledger.attempts;
  const run: DrillRun = { world, ...setting, client, ledger };
  try {
    await baseline(run, signal);
    await scenarios[options.kind](run, signal);
    await world.clock.sleep(options.calmMs, signal);
    findings.completed = true;
  } catch (error) {
    findings.problems.push(messageOf(error));
    // The client goes on meanwhile and a little longer: the report shows when it was served again.
    await restore(world, setting.host, findings);
    await world.clock.sleep(options.calmMs, new AbortController().signal);
  }
  await ledger[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
  if (ledger.problem !== undefined) findings.problems.push(ledger.problem);
  if (findings.completed === true)
    await examine(run, signal).catch((error: unknown) => findings.problems.push(messageOf(error)));
}

async function baseline({ world, client, ledger, options }: DrillRun, signal: AbortSignal): Promise<void> {
  await world.clock.sleep(options.calmMs, signal);
  const failed = client.requests.find(({ ok }) => !ok);
  const confirmed = ledger.attempts.filter(({ ackedMs }) => ackedMs !== undefined).length;
  if (failed === undefined && client.requests.length > 0 && confirmed > 0) return;
  const reason =
    failed === undefined
      ? `${client.requests.length} requests answered, ${confirmed} ledger writes confirmed`
      : `a client got ${failed.outcome}`;
  throw new HotsiteError("not-steady", `not steady before the fault: ${reason}`, { hint: "hotsite status" });
}

/** The drill was cut short or something failed: the application comes first. Not under the drill's signal, which may be what ended it. */
async function restore(world: ProtectionWorld, host: DrillHost, findings: Findings): Promise<void> {
  try {
    const done = await recoverFromDrill(world, host, AbortSignal.timeout(RESTORE_MS));
    findings.problems.push(done);
  } catch (error) {
    findings.problems.push(`not restored: ${messageOf(error)}; continue with: hotsite drill --recover`);
    findings.unrestored = true;
  }
}

/** As long as booting a site and copying a small database takes; a large one goes on by `hotsite drill --recover`. */
const RESTORE_MS = 900_000;

async function finish(
  world: ProtectionWorld,
  { options, facts, findings }: Pick<DrillRun, "options" | "facts" | "findings">,
): Promise<DrillReport> {
  const report = compileReport(world, { options, facts, findings });
  const lastDrill = await writeReport(world.reportsFolder, report);
  const now = await needFacts(world);
  await changeFacts(world, { lastDrill, drill: findings.unrestored === true ? now.drill : null });
  return report;
}

function requirePrimary({ activeSite }: Facts, { site, kind }: DrillOptions): void {
  if (site === undefined || site === activeSite) return;
  throw new HotsiteError(
    "not-primary",
    `${kind} of ${site}: the primary is ${activeSite}; losing a standby moves nothing`,
    {
      hint: `hotsite drill --live ${kind} ${activeSite}`,
    },
  );
}
