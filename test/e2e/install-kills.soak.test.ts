import { describe, expect, test } from "@jest/globals";
import { liveThroughKills, tinyScene } from "./tiny.ts";

describe("install and uninstall, killed with SIGKILL after every journal write", () => {
  test("reach their end each time when they are run again", async () => {
    await using scene = await tinyScene();
    let [write, killed] = [0, true];
    while (killed) {
      write += 1;
      const { installKilled, uninstallKilled } = await liveThroughKills(scene, write);
      killed = installKilled || uninstallKilled;
    }
    // Begun, two writes for each of the steps, done.
    expect(write).toBeGreaterThan(12);
  }, 1_200_000);
});
