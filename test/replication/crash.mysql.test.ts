import { afterAll, beforeAll, describe, jest, test } from "@jest/globals";
import { startCrashSite, type CrashSite } from "./crash.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(600_000);

describe("killed at random under load", () => {
  let site: CrashSite;
  beforeAll(async () => {
    site = await startCrashSite(signal);
  });
  afterAll(async () => site[Symbol.asyncDispose]());

  test.each([1, 2, 3])("nothing is lost or doubled, and both databases are equal (seed %i)", async (seed) => {
    await site.run(seed, signal);
  });
});
