import { describe, jest, test } from "@jest/globals";
import { mutateEvents } from "./event-mutations.ts";
import { mixPackets, mutateBatches, mutateFrames, mutatePackets } from "./record-mutations.ts";

jest.setTimeout(3_600_000);
const seed = Number(process.env["HOTSITE_SEED"] ?? Date.now() % 2 ** 31);
const million = 1_000_000;
process.stderr.write(`damage of seed ${seed}\n`);

describe("a million of them, damaged, give a typed error or what can be read, never anything else", () => {
  test("events", () => mutateEvents(million, seed));
  test("batches of the log", () => mutateBatches(million, seed));
  test("records of a broker", () => mutateFrames(million, seed));
  test("packets of the source", () => mutatePackets(million, seed));
});

test("a million packets are taken once each and in order, however they come", () =>
  mixPackets(million, seed));
