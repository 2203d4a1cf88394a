import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Scene } from "./harness.ts";
import { liveThroughKills, tinyScene } from "./tiny.ts";

describe("install and uninstall, killed with SIGKILL after a journal write", () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await tinyScene();
  });

  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
  }, 60_000);

  // Both machines being launched; one launched, the other not; installing.
  test.each([3, 6, 13])(
    "reach their end when they are run again (write %i)",
    async (write) => {
      expect(await liveThroughKills(scene, write)).toMatchObject({ installKilled: true });
    },
    120_000,
  );
});
