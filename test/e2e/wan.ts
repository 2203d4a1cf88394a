import { expect } from "@jest/globals";
import { RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import type { Scene } from "./harness.ts";
import { expectProtected, sql, statusOf, untilEqual } from "./two-sites.ts";

/** What a bad line did to the replication. */
export interface WanFigures {
  readonly writes: number;
  /** From the healing of the line until the standby had everything; the writes went on at first. */
  readonly catchUpSeconds: number;
  /** The most that the gateway of the standby ever held in memory. */
  readonly peakMb: number;
}

/** Writes per second that the load is made of; the line below carries them with room to catch up. */
const perSecond = 100;
/** What the unit of the gateway may use, see its recipe. */
const limitMb = 768;

/** Writes over a line of 80 ms each way that loses 1% of the packets, is cut for a while in the middle, and heals. */
export async function writeOverBadLine(scene: Scene, cutSeconds: number): Promise<WanFigures> {
  const { activeSite, standbySite } = (await statusOf(scene)).facts;
  const writes = (cutSeconds + 10) * perSecond;
  await scene.run("local", "wan", "east", "west", "--delay", "80ms", "--loss", "1%");
  const process = await gatewayProcess(scene, standbySite);
  const [, healedAt] = await Promise.all([
    sql(scene, activeSite, writeLoop(writes)),
    cutWhileWritten(scene, activeSite, cutSeconds * perSecond),
  ]);
  await untilEqual(scene);
  const catchUpSeconds = (Date.now() - healedAt) / 1000;
  // A process that ran out of memory and was started again would look modest.
  expect(await gatewayProcess(scene, standbySite)).toBe(process);
  const peakMb = await peakMemoryMb(scene, standbySite, process);
  await scene.run("local", "wan", "east", "west", "--heal");
  await expectProtected(scene, activeSite);
  expect(Number(await sql(scene, standbySite, counted))).toBe(writes);
  expect(peakMb).toBeLessThan(limitMb);
  await sql(scene, activeSite, "DELETE FROM petclinic.visits WHERE description LIKE 'wan-%'");
  return { writes, catchUpSeconds, peakMb };
}

/** The line is cut from one moment of the load to another; gives when it was healed. */
async function cutWhileWritten(scene: Scene, site: string, writes: number): Promise<number> {
  await untilWritten(scene, site, 2 * perSecond);
  await scene.run("local", "wan", "east", "west", "--cut");
  const before = Number(await sql(scene, site, counted));
  await untilWritten(scene, site, before + writes);
  // A line that is healed keeps nothing of what it was: delay and loss are set once more.
  await scene.run("local", "wan", "east", "west", "--heal");
  await scene.run("local", "wan", "east", "west", "--delay", "80ms", "--loss", "1%");
  return Date.now();
}

const counted = "SELECT COUNT(*) FROM petclinic.visits WHERE description LIKE 'wan-%'";

async function untilWritten(scene: Scene, site: string, wanted: number): Promise<void> {
  const look = async (): Promise<true> => {
    const now = Number(await sql(scene, site, counted));
    if (now >= wanted) return true;
    throw new RetryableError("not-yet", `${now} of ${wanted} rows are written`);
  };
  const options = { timeoutMs: 300_000, intervalMs: 1000, what: "the load" };
  await waitFor(look, options, AbortSignal.timeout(300_000));
}

/** One transaction after another at an even pace, run by the server itself. */
function writeLoop(writes: number): string {
  return `DELIMITER //
    FOR i IN 1..${writes} DO
      INSERT INTO petclinic.visits (pet_id, visit_date, description)
        VALUES (1, '2026-11-21', CONCAT('wan-', i, REPEAT('.', 200)));
      DO SLEEP(${1 / perSecond});
    END FOR`;
}

function gatewayProcess(scene: Scene, site: string): Promise<string> {
  const words = ["systemctl", "show", "--property", "MainPID", "--value", "hotsite-gateway"];
  return scene.on(`${site}/gateway-1`, ...words);
}

async function peakMemoryMb(scene: Scene, site: string, process: string): Promise<number> {
  const line = await scene.on(`${site}/gateway-1`, "grep", "VmHWM", `/proc/${process}/status`);
  return Math.round(Number(/\d+/.exec(line)?.[0]) / 1024);
}
