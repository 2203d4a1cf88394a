import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { journaledHost } from "../../failover/drill-host.ts";
import { planDrill } from "../../failover/drill-plan.ts";
import { recoverFromDrill } from "../../failover/drill-recover.ts";
import type { DrillKind, DrillReport } from "../../failover/drill-report.ts";
import { steadyGuards } from "../../failover/drill-steady.ts";
import { drill, type DrillHost } from "../../failover/drill.ts";
import type { ProtectionWorld } from "../../failover/world.ts";
import { needFacts } from "../../lifecycle/facts.ts";
import { confirm } from "../confirm.ts";
import { dryRunOutcome, previewOutcome } from "../dry-run.ts";
import { exitCodes } from "../exit.ts";
import { openProtection } from "../protection.ts";
import { runSettings, showRun } from "../run.ts";
import { openSession } from "../session.ts";
import { oneOf } from "../target.ts";
import { duration } from "../time.ts";
import { numbers, objective } from "../outcomes/drill.ts";
import type { Call, Outcome } from "../verb.ts";

/** What `--json` prints. */
export const outcome = z.union([
  z.strictObject({
    result: z.enum(["passed", "failed", "not measured"]),
    headline: z.string(),
    numbers,
    objectives: z.array(objective),
    problems: z.array(z.string()),
    restored: z.boolean().describe("the world is what it was before"),
    report: z.string().describe("the path of the page for people"),
  }),
  z.strictObject({ recovered: z.string().describe("what was put in order after a drill that was killed") }),
  dryRunOutcome,
]);

/** Rehearses on the real thing and writes a report; or puts in order what an interrupted drill left. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<typeof outcome>> {
  await using session = await openSession(call);
  const world = await openProtection(session);
  if (call.options.dryRun === true) return await preview(call, world, signal);
  using observer = showRun(session, call, signal);
  const say = (text: string): void => call.output.note(`  ${text}`);
  const host = journaledHost({ world, by: runSettings(session).by, observer, say });
  if (call.options.recover === true) {
    const text = await recoverFromDrill(world, host, signal);
    return { text, json: { recovered: text } };
  }
  const configSha256 = createHash("sha256")
    .update(await readFile(session.config.path))
    .digest("hex");
  return await rehearse(call, { world, host, configSha256 }, signal);
}

async function rehearse(
  call: Call,
  { world, host, configSha256 }: { world: ProtectionWorld; host: DrillHost; configSha256: string },
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { kind, site } = await wished(call, world);
  const what = kind === "switchover" ? `Switch over from ${site} now?` : `Power ${site} off now?`;
  await confirm(`${what} Real users will notice.`, call, signal);
  const report = await drill(world, { kind, site, configSha256 }, host, signal);
  const { drill: running, lastDrill } = await needFacts(world);
  return outcomeOf(report, lastDrill?.report ?? "", running === null, signal);
}

/** The steps between the fault and the end, and whether the world is in a state to be rehearsed. */
async function preview(
  call: Call,
  world: ProtectionWorld,
  signal: AbortSignal,
): Promise<Outcome<typeof outcome>> {
  const { kind } = await wished(call, world);
  const guards = await steadyGuards(world, await needFacts(world), signal);
  return await previewOutcome(world, "drill", await planDrill(world, kind), { guards });
}

async function wished({ operands, options }: Call, world: ProtectionWorld) {
  const kind = (options.live ?? "site-power-off") as DrillKind;
  const { activeSite } = await needFacts(world);
  const [asked] = operands;
  return { kind, site: asked === undefined ? activeSite : oneOf([activeSite], asked, "primary site") };
}

function outcomeOf(
  report: DrillReport,
  path: string,
  restored: boolean,
  signal: AbortSignal,
): Outcome<typeof outcome> {
  const lines = [
    `${report.result.toUpperCase()}  ${report.headline} · ${duration(report.endedMs - report.startedMs)}`,
    ...report.objectives.map(
      ({ outcome, name, measured, objective }) =>
        `  ${marks[outcome]} ${name}: ${measured} (objective: ${objective})`,
    ),
    ...report.problems.map((problem) => `  ✖ ${problem}`),
    `report: ${path}`,
  ];
  const { result, headline, numbers, objectives, problems } = report;
  return {
    text: lines.join("\n"),
    json: { result, headline, numbers, objectives, problems, restored, report: path },
    exitCode: exitCodeFor(report, restored, signal),
  };
}

const marks = { pass: "✔", fail: "✖", "not measured": "?" } as const;

function exitCodeFor({ result }: DrillReport, restored: boolean, { aborted }: AbortSignal): number {
  if (!restored) return exitCodes.leftovers;
  if (aborted) return exitCodes.interrupted;
  return result === "passed" ? exitCodes.ok : exitCodes.failed;
}
