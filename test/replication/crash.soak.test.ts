import { afterAll, beforeAll, describe, jest, test } from "@jest/globals";
import { startCrashSite, type CrashSite } from "./crash.ts";

jest.setTimeout(180_000);
const signal = AbortSignal.timeout(3_600_000);

/** `HOTSITE_CRASH_SEED=4711 HOTSITE_CRASH_RUNS=1` repeats one run. */
const first = Number(process.env.HOTSITE_CRASH_SEED ?? Date.now() % 1_000_000);
const runs = Number(process.env.HOTSITE_CRASH_RUNS ?? 50);
const seeds = Array.from({ length: runs }, (_, index) => first + index);

describe(`killed at random under load, seeds from ${first}`, () => {
  let site: CrashSite;
  beforeAll(async () => {
    site = await startCrashSite(signal);
  });
  afterAll(async () => site[Symbol.asyncDispose]());

  test.each(seeds)("nothing is lost or doubled, and both databases are equal (seed %i)", async (seed) => {
    await site.run(seed, signal);
  });
});
