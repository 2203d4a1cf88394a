import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { HotsiteError } from "../../core/errors.ts";
import { verifySites, type VerifyMore } from "../../failover/evidence.ts";
import { readScene } from "../../lifecycle/context.ts";
import { Controls } from "../../lifecycle/controls.ts";
import { readFacts } from "../../lifecycle/facts.ts";
import { writeDurably } from "../../replication/control/durable-file.ts";
import { exposition } from "../../replication/metrics/exposition.ts";
import { verifyMetrics } from "../../replication/metrics/verify-metrics.ts";
import type { RepairRun } from "../../replication/repaired.ts";
import { endsOf } from "../../replication/standalone/ends.ts";
import { targetSite } from "../../replication/standalone/order.ts";
import { verify } from "../../replication/verify.ts";
import { VerifyMemory } from "../../replication/verify-memory.ts";
import { openRows, type TableDifference } from "../../replication/verify-table.ts";
import { exitCodes } from "../exit.ts";
import { openLinkIfAny, type LinkSession } from "../link-session.ts";
import { verification, type Verification } from "../outcomes/verify.ts";
import { openSession } from "../session.ts";
import type { Call, Outcome } from "../verb.ts";
import { progressLine, verifyText } from "../verify-text.ts";

/** What `--json` prints. */
export const outcome = verification;

/** Compares both ends of the link while they are in use, and makes them equal where that is asked for. */
export async function run(call: Call, signal: AbortSignal): Promise<Outcome<Verification>> {
  const { output } = call;
  const repair = repairOf(call);
  const { table, maxRowsPerSecond, dryRun } = call.options;
  const more: VerifyMore = {
    ...(table !== undefined && { tables: table }),
    ...(maxRowsPerSecond !== undefined && { maxRowsPerSecond }),
    ...(repair !== undefined && dryRun !== true && { repair }),
    onProgress: (progress) => output.keep([`  ${progressLine(progress)}`]),
  };
  const session = await openLinkIfAny(call);
  const tables = await (
    session === undefined ? ofApplication(call, more, signal) : ofLink(call, session, more, signal)
  ).finally(() => output.keep([]));
  await writeMetrics(call, tables, session?.declaration.name);
  const equal = tables.every((table) => openRows(table) === 0);
  return {
    text: verifyText(tables, { wouldRepair: repair !== undefined && more.repair === undefined }),
    json: { equal, ...(more.repair !== undefined && { run: more.repair.run }), tables },
    exitCode: equal ? exitCodes.ok : exitCodes.failed,
  };
}

/** `link`: its name, of one that has one. */
async function writeMetrics(
  { cwd, options: { metricsFile } }: Call,
  tables: readonly TableDifference[],
  link = "application",
): Promise<void> {
  if (metricsFile === undefined) return;
  const path = resolve(cwd, metricsFile);
  await writeDurably(path, exposition(verifyMetrics(link, tables, systemClock.now())));
}

function repairOf({ options }: Call): RepairRun | undefined {
  if (options.repair === true) return { run: randomUUID(), by: `${userInfo().username}@${hostname()}` };
  if (options.dryRun !== true) return undefined;
  throw new HotsiteError("usage", "without --repair nothing is changed anyway", {
    hint: "leave --dry-run out, or add --repair",
  });
}

async function ofLink(
  call: Call,
  { declaration, place }: LinkSession,
  { repair, ...more }: VerifyMore,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  const { source, target, databases, selection } = await endsOf(declaration, place);
  const sides = { source, target: { ...target, site: targetSite }, stream: declaration.name, selection };
  const repairs = repair && { repair: { ...repair, target } };
  const memory = await memoryOf(call, place.stateFolder, selection.text);
  return await verify({ ...sides, databases, clock: systemClock, memory, ...more, ...repairs }, signal);
}

async function ofApplication(
  call: Call,
  more: VerifyMore,
  signal: AbortSignal,
): Promise<readonly TableDifference[]> {
  await using session = await openSession(call);
  const { world, config } = session;
  const order = (await readFacts(world))?.link;
  if (order == null) {
    throw new HotsiteError("unprotected", `${config.application.name} has no link`, {
      hint: "`hotsite install` starts it, once replication is declared",
    });
  }
  const ground = { scene: await readScene(world, undefined), controls: new Controls(world) };
  const memory = await memoryOf(call, session.stateFolder, order.stream);
  const way = { source: order.from, target: order.to };
  return await verifySites(ground, way, { ...more, memory }, signal);
}

/** Another comparison than the one that was broken off begins anew. */
async function memoryOf({ options }: Call, folder: string, of: string): Promise<VerifyMemory> {
  const { table = [], repair = false, dryRun = false, resume = false } = options;
  const scope = JSON.stringify([of, [...table].sort(), repair && !dryRun]);
  return await VerifyMemory.open({ path: join(folder, "verify.json"), scope, resume }, systemClock);
}
