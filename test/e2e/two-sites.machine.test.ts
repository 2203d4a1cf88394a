import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Scene } from "./harness.ts";
import { failoverThroughKill, switchoverThroughKill } from "./role-change-kills.ts";
import { clinicScene, expectProtected } from "./two-sites.ts";
import { writeOverBadLine } from "./wan.ts";

/** One installation for all: it takes a minute. */
describe("PetClinic on two sites, handled by a command that dies", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await clinicScene();
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  test("an installation that was killed during the first copy is finished by the next one", async () => {
    expect(await scene.killedAfter(50, "install")).toBe(true);
    await scene.run("install");
    await expectProtected(scene, "east");
  }, 400_000);

  // Requests held; the new primary recorded. The long suite takes every write.
  test.each([7, 20])(
    "a switchover killed after journal write %i loses nothing that was confirmed",
    async (write) => {
      expect(await switchoverThroughKill(scene, write)).toBe(true);
    },
    180_000,
  );

  test("a line of 80 ms and 1% loss, cut under load and healed: the standby catches up in bounded memory", async () => {
    const figures = await writeOverBadLine(scene, 10);
    console.info(`a bad line, cut for 10 s: ${JSON.stringify(figures)}`);
  }, 240_000);

  // Promotion begun.
  test.each([10])(
    "a failover killed after journal write %i ends with one primary, and the lost site follows it",
    async (write) => {
      expect(await failoverThroughKill(scene, write)).toBe(true);
    },
    240_000,
  );

  test("an uninstallation that was killed leaves nothing when it is resumed", async () => {
    expect(await scene.killedAfter(6, "uninstall", "--yes")).toBe(true);
    await scene.run("resume");
    expect(await scene.left()).toEqual([]);
  }, 120_000);
});
