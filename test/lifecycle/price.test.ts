import { expect, test } from "@jest/globals";
import { hourly, priceFaults, withoutPrice } from "../../lifecycle/price.ts";
import type { NodeSpec } from "../../lifecycle/topology.ts";
import { fakeCloud } from "./fake-application.ts";

const node = (price?: unknown): NodeSpec => ({
  ...{ site: "east", name: "web-1", cloud: fakeCloud, services: [] },
  template: price === undefined ? { size: "small" } : { size: "small", price },
});

test("prices add up by currency; machines without one are not guessed", () => {
  const euro = { perHour: 0.02, currency: "EUR" };
  expect(hourly([node(euro), node(euro), node({ perHour: 1, currency: "USD" }), node()])).toEqual({
    EUR: 0.04,
    USD: 1,
  });
  expect(hourly([node()])).toEqual({});
});

test("what is no price is a fault, once for its site; clouds never see prices", () => {
  expect(priceFaults([node("cheap"), node({ perHour: -1, currency: "EUR" }), node()])).toMatchObject([
    { path: "sites.east.cloud.price" },
  ]);
  expect(withoutPrice(node({ perHour: 1, currency: "EUR" }).template)).toEqual({ size: "small" });
});
