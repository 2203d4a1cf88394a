import { afterAll, beforeAll, describe, jest, test } from "@jest/globals";
import { startKafka, type KafkaBroker } from "../support/kafka.ts";
import { startCrashSite, type CrashSite } from "./crash.ts";

// The first run fetches the broker's jars.
jest.setTimeout(300_000);
const signal = AbortSignal.timeout(600_000);

describe("with the log in Kafka, killed at random under load", () => {
  let broker: KafkaBroker | undefined;
  let site: CrashSite | undefined;
  beforeAll(async () => {
    broker = await startKafka();
    site = await startCrashSite(signal, { broker });
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await broker?.[Symbol.asyncDispose]();
  });

  test.each([1, 2, 3])("nothing is lost or doubled, and both databases are equal (seed %i)", async (seed) => {
    await site?.run(seed, signal);
  });
});
