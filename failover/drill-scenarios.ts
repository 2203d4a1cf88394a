import { waitFor } from "../core/wait.ts";
import type { Step, Workflow } from "../core/workflow.ts";
import type { DrillRun, RunRecord } from "./drill.ts";
import { failoverSteps, failoverWorkflow, planFailover } from "./failover.ts";
import { STABLE_ROW } from "./measure.ts";
import { planReprotect, reprotectWorkflow } from "./reprotect.ts";
import { planSwitchover, switchoverSteps, switchoverWorkflow } from "./switchover.ts";
import { watch } from "./watch.ts";
import type { ProtectionWorld } from "./world.ts";

export type Scenario = (run: DrillRun, signal: AbortSignal) => Promise<void>;

/** The primary's site loses its power; detection, failover and reprotection are the real ones. */
export async function powerOffScenario(run: DrillRun, signal: AbortSignal): Promise<void> {
  const { world, facts, findings, host } = run;
  const { activeSite: primary, standbySite: standby } = facts;

  // The watch looks before the fault already, as it does in daily life: it knows when replication last moved.
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const watching = watch(world, { primary, standby }, { rules: run.options.rules }, until);
  const [, verdict] = await Promise.all([cutPower(run, until), watching]).finally(() => ended.abort());
  findings.verdict = verdict;
  note(run, "primary suspected", verdict.suspectMs);
  note(run, `verdict: ${verdict.kind}`, verdict.atMs);
  host.say(`verdict: ${verdict.kind} (${verdict.evidence.join("; ")})`);

  const input = await planFailover(world, { verdict });
  const steps = failoverSteps(input);
  const record = await perform(run, failoverWorkflow, input, signal);
  findings.guards = outputOf(record, steps.assessed).guards;
  note(run, "fence confirmed", outputOf(record, steps.fenced).atMs);
  note(run, "everything received applied", outputOf(record, steps.drained).atMs);
  noteEpoch(run, input.epoch + 1, standby, outputOf(record, steps.promoted).atMs);
  note(run, `traffic to ${standby}`, outputOf(record, steps.moved).atMs);
  note(run, "first good answer", outputOf(record, steps.verified).atMs);
  await clientIsStable(run, signal);

  await perform(run, reprotectWorkflow, await planReprotect(world, signal), signal);
  note(run, `${primary} is a standby again`, world.clock.now());
}

/** A planned change of primary, under the same client and ledger. */
export async function switchoverScenario(run: DrillRun, signal: AbortSignal): Promise<void> {
  const { world, findings } = run;
  const input = await planSwitchover(world);
  const steps = switchoverSteps(input);
  findings.faultMs = world.clock.now();
  const record = await perform(run, switchoverWorkflow, input, signal);
  findings.guards = outputOf(record, steps.before).guards;
  const gap = {
    heldMs: outputOf(record, steps.held).atMs,
    frozenMs: outputOf(record, steps.frozen).atMs,
    promotedMs: outputOf(record, steps.promoted).atMs,
    releasedMs: outputOf(record, steps.moved).atMs,
  };
  findings.gap = gap;
  note(run, "requests wait", gap.heldMs);
  note(run, `${input.from} frozen`, gap.frozenMs);
  note(run, "everything applied, proven", outputOf(record, steps.caughtUp).atMs);
  noteEpoch(run, input.epoch + 1, input.to, gap.promotedMs);
  note(run, `traffic to ${input.to}, requests go on`, gap.releasedMs);
}

async function cutPower({ world, facts, findings, host }: DrillRun, signal: AbortSignal): Promise<void> {
  host.say(`power off ${facts.activeSite}`);
  findings.faultMs = world.clock.now();
  findings.events.push({ label: `power off ${facts.activeSite}`, atMs: findings.faultMs });
  await world.power(facts.activeSite).off(signal);
}

/** Waits until the client's latest answers are all good; requests that hung since the fault have ended by then. */
async function clientIsStable({ world, client }: DrillRun, signal: AbortSignal): Promise<void> {
  const fromMs = world.clock.now();
  await waitFor(
    async () => {
      const latest = client.requests.slice(-STABLE_ROW);
      const good =
        latest.length === STABLE_ROW && latest.every(({ ok, startedMs }) => ok && startedMs >= fromMs);
      return Promise.resolve(good ? true : undefined);
    },
    { timeoutMs: STABLE_MS, intervalMs: 50, clock: world.clock, what: "a client to get good answers only" },
    signal,
  );
}

/** The failover's own check has passed by then. */
const STABLE_MS = 60_000;

async function perform<I>(
  run: DrillRun,
  workflow: Workflow<ProtectionWorld, I>,
  input: I,
  signal: AbortSignal,
): Promise<RunRecord> {
  const record = await run.host.run(workflow, input, signal);
  run.findings.steps.push(
    ...record.steps.map(({ output: _, ...timing }) => ({ workflow: workflow.name, ...timing })),
  );
  return record;
}

function outputOf<O>({ steps }: RunRecord, step: Step<ProtectionWorld, O>): O {
  return step.output.parse(steps.find(({ name }) => name === step.name)?.output);
}

function noteEpoch(run: DrillRun, epoch: number, writer: string, atMs: number): void {
  run.findings.epochs.push({ epoch, writer, atMs });
  note(run, `${writer} promoted, epoch ${epoch}`, atMs);
}

function note({ findings }: DrillRun, label: string, atMs: number): void {
  findings.events.push({ label, atMs });
}
