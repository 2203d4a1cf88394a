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
  const { killed, confirmed } = await withVisitor(url, `switchover-${write}`, async () => {
    const died = await scene.killedAfter(write, "switchover");
    if (died) await finish(scene, write, ["switchover"]);
    return died;
  });
  await expectProtected(scene, facts.standbySite);
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
  if (killed) await finish(scene, write, ["failover", "--yes"]);
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

/** The same command and `resume` take turns: either has to reach the end. One that died right at its end is not begun again. */
async function finish(scene: Scene, write: number, words: readonly string[]): Promise<void> {
  const { state } = await statusOf(scene);
  const isOver = !["SWITCHING-OVER", "FAILING-OVER"].includes(state.name);
  await scene.run(...(isOver || write % 2 === 0 ? ["resume"] : words));
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
