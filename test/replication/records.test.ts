import { describe, test } from "@jest/globals";
import { mixPackets, mutateBatches, mutateFrames, mutatePackets } from "./record-mutations.ts";

describe("what was damaged gives a typed error or what can be read, never anything else", () => {
  test("batches of the log", () => mutateBatches(1_000, 1));
  test("records of a broker", () => mutateFrames(3_000, 1));
  test("packets of the source", () => mutatePackets(2_000, 1));
});

test("packets are taken once each and in order, however they come", () => mixPackets(1_000, 1));
