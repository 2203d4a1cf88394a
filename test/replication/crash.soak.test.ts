import { afterAll, beforeAll, describe, jest, test } from "@jest/globals";
import { startKafka, type KafkaBroker } from "../support/kafka.ts";
import { startCrashSite, type CrashSite } from "./crash.ts";

jest.setTimeout(300_000);
const signal = AbortSignal.timeout(8 * 3_600_000);

/**
 * Each run is named by its seed: `HOTSITE_CRASH_SEED=4711 HOTSITE_CRASH_RUNS=1` repeats one, with `-t 'mysql to mariadb, log embedded'` of
 * one kind only.
 */
const first = Number(process.env.HOTSITE_CRASH_SEED ?? Date.now() % 1_000_000);
const runs = Number(process.env.HOTSITE_CRASH_RUNS ?? 40);
const seeds = Array.from({ length: runs }, (_, index) => first + index);

describe.each([
  { source: "mariadb", target: "mariadb", log: "embedded" },
  { source: "mysql", target: "mysql", log: "embedded" },
  { source: "mariadb", target: "mysql", log: "embedded" },
  { source: "mysql", target: "mariadb", log: "embedded" },
  { source: "mariadb", target: "mariadb", log: "kafka" },
  { source: "mysql", target: "mysql", log: "kafka" },
] as const)("$source to $target, log $log, killed at random under load", ({ source, target, log }) => {
  let broker: KafkaBroker | undefined;
  let site: CrashSite | undefined;
  beforeAll(async () => {
    broker = log === "kafka" ? await startKafka() : undefined;
    site = await startCrashSite(signal, { source, target, ...(broker && { broker }) });
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  test.each(seeds)("nothing is lost or doubled, and both databases are equal (seed %i)", async (seed) => {
    await site?.run(seed, signal);
  });
});
