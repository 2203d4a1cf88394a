import { afterAll, beforeAll, describe, jest, test } from "@jest/globals";
import { startCrashSite, type CrashSite } from "./crash.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(600_000);

describe.each([
  { source: "mariadb", target: "mariadb", seeds: [1, 2] },
  { source: "mysql", target: "mysql", seeds: [5] },
  { source: "mariadb", target: "mysql", seeds: [6] },
  { source: "mysql", target: "mariadb", seeds: [7] },
] as const)("$source to $target, killed at random under load", ({ source, target, seeds }) => {
  let site: CrashSite;
  beforeAll(async () => {
    site = await startCrashSite(signal, { source, target });
  });
  afterAll(async () => site[Symbol.asyncDispose]());

  test.each(seeds)("nothing is lost or doubled, and both databases are equal (seed %i)", async (seed) => {
    await site.run(seed, signal);
  });
});
