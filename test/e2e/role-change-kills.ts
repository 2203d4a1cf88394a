import { expect } from "@jest/globals";
import type { Scene } from "./harness.ts";
import {
  enterVisit,
  expectAnswer,
  expectProtected,
  expectStoredOnce,
  statusOf,
  untilEqual,
  visitor,
  writableIn,
} from "./two-sites.ts";

/** A switchover that dies after its n-th journal write while people enter visits, and is finished. False when it was too short to die. */
export async function switchoverThroughKill(scene: Scene, write: number): Promise<boolean> {
  const { url, facts } = await statusOf(scene);
  const { activeSite: from, standbySite: to } = facts;
  const { killed, confirmed } = await withVisitor(url, `switchover-${write}`, async () => {
    const died = await scene.killedAfter(write, "switchover");
    if (died) await finish(scene, write, "switchover");
    return died;
  });
  const { activeSite } = (await statusOf(scene)).facts;
  // One that died right at its end is over; the same command is a new one then, and goes the other way.
  expect([from, to]).toContain(activeSite);
  await expectProtected(scene, activeSite);
  await expectStoredOnce(scene, confirmed);
  return killed;
}

/** The primary is powered off, a failover dies after its n-th journal write and is finished, the lost site comes back as standby. */
export async function failoverThroughKill(scene: Scene, write: number): Promise<boolean> {
  const { url, facts } = await statusOf(scene);
  const { activeSite: lost, standbySite: next } = facts;
  const visit = `failover-${write}`;
  expect(await enterVisit(url, visit)).toBe(true);
  await untilEqual(scene);
  await scene.run("local", "power", "off", lost, "--yes");
  const killed = await scene.killedAfter(write, "failover", "--yes");
  if (killed) await scene.run("resume");
  const alone = await statusOf(scene);
  expect({ name: alone.state.name, writable: writableIn(alone) }).toEqual({
    name: "FAILED-OVER",
    writable: [next],
  });
  await expectAnswer(url, next);
  await scene.run("local", "power", "on", lost);
  await scene.run("reprotect", "--yes");
  await expectProtected(scene, next);
  await expectStoredOnce(scene, [visit]);
  return killed;
}

/** The same command and `resume` take turns: either has to reach the end. */
async function finish(scene: Scene, write: number, verb: string): Promise<void> {
  await scene.run(write % 2 === 0 ? "resume" : verb);
}

async function withVisitor(
  url: string,
  prefix: string,
  work: () => Promise<boolean>,
): Promise<{ killed: boolean; confirmed: readonly string[] }> {
  await using people = visitor(url, prefix);
  const killed = await work();
  return { killed, confirmed: people.confirmed };
}
