import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startOrderSite, type OrderSite } from "./apply-order.ts";

jest.setTimeout(120_000);
const signal = AbortSignal.timeout(300_000);

describe.each(["mariadb", "mysql"] as const)("transactions applied together (%s)", (flavour) => {
  let site: OrderSite;
  beforeAll(async () => {
    site = await startOrderSite(flavour);
  });
  afterAll(async () => site[Symbol.asyncDispose]());

  test.each([1, 2, 3])(
    "end as they did at the source, whatever their rows have to do with each other (seed %i)",
    async (seed) => {
      expect(await site.run(seed, 150, signal)).toBe(0);
    },
  );
});
