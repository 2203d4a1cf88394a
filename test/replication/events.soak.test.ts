import { jest, test } from "@jest/globals";
import { mutateEvents } from "./event-mutations.ts";

jest.setTimeout(3_600_000);

test("a million mutated events give a typed error or a transaction, never anything else", () => {
  const seed = Number(process.env["HOTSITE_SEED"] ?? Date.now() % 2 ** 31);
  process.stderr.write(`mutations of seed ${seed}\n`);
  mutateEvents(1_000_000, seed);
});
