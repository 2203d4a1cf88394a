import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Scene } from "./harness.ts";
import { failoverThroughKill, switchoverThroughKill } from "./role-change-kills.ts";
import { clinicScene, expectProtected } from "./two-sites.ts";
import { writeOverBadLine } from "./wan.ts";

const HOUR_MS = 3_600_000;

describe("PetClinic on two sites, handled by a command that dies after every journal write", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await clinicScene();
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  test(
    "an installation that dies again and again is finished",
    async () => {
      // Each run gets one write further than the one before, so that every one of them gets ahead.
      let write = 1;
      while (await scene.killedAfter(write, "install")) write += 1;
      expect(write).toBeGreaterThan(8);
      await expectProtected(scene, "east");
    },
    HOUR_MS,
  );

  test(
    "a switchover loses nothing that was confirmed",
    async () => {
      let write = 1;
      while (await switchoverThroughKill(scene, write)) write += 1;
      expect(write).toBeGreaterThan(26);
    },
    HOUR_MS,
  );

  test(
    "a line of 80 ms and 1% loss, cut for a minute under load and healed: the standby catches up in bounded memory",
    async () => {
      console.info(`a bad line, cut for a minute: ${JSON.stringify(await writeOverBadLine(scene, 60))}`);
    },
    HOUR_MS,
  );

  test(
    "a failover ends with one primary, and the lost site follows it",
    async () => {
      let write = 1;
      while (await failoverThroughKill(scene, write)) write += 1;
      expect(write).toBeGreaterThan(18);
    },
    HOUR_MS,
  );

  test(
    "an uninstallation that dies again and again leaves nothing",
    async () => {
      let write = 1;
      while (await scene.killedAfter(write, "uninstall", "--yes")) write += 1;
      expect(write).toBeGreaterThan(2);
      expect(await scene.left()).toEqual([]);
    },
    HOUR_MS,
  );
});
