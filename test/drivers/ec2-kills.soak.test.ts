import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Emulator } from "./ec2/emulator.ts";
import { Kills, moments } from "./ec2/kills.ts";

jest.setTimeout(900_000);

describe("a process that uses EC2 and is killed at every moment of every call", () => {
  let emulator: Emulator;
  let kills: Kills;

  beforeAll(async () => {
    emulator = await Emulator.open("greeter");
    kills = await Kills.open(emulator);
  }, 300_000);

  afterAll(async () => {
    await kills[Symbol.asyncDispose]();
    await emulator[Symbol.asyncDispose]();
  });

  test.each<["launch" | "remove", number]>([
    ["launch", 13],
    ["remove", 10],
  ])("while it does %s: nothing is twice, nothing is left", async (deed, calls) => {
    const actions = await kills.everyCall(deed, () => true, AbortSignal.timeout(880_000));
    expect(actions).toHaveLength(calls * moments.length);
  });
});
