import { z } from "zod";
import type { MachineTemplate } from "../core/driver.ts";
import type { Fault } from "../core/errors.ts";
import type { NodeSpec } from "./topology.ts";

/** What a config may say of the price of a machine. */
export const priceSchema = z.strictObject({
  perHour: z.number().nonnegative().describe("of one machine"),
  currency: z.string().min(1),
});

/** What one machine of a template costs; undefined where the config does not say. */
function priceOf({ price: given }: MachineTemplate): z.infer<typeof priceSchema> | undefined {
  return priceSchema.safeParse(given).data;
}

/** Everything wrong with the prices of a config. */
export function priceFaults(specs: readonly NodeSpec[]): readonly Fault[] {
  const wrong = specs.filter(({ template }) => !priceSchema.optional().safeParse(template["price"]).success);
  return [...new Set(wrong.map(({ site }) => site))].map((site) => ({
    path: `sites.${site}.cloud.price`,
    problem: "is not a price",
    allowed: '{ perHour: 0.02, currency: "EUR" }',
  }));
}

/** What a cloud is told of a template: prices are the config's own. */
export function withoutPrice({ price: _, ...template }: MachineTemplate): MachineTemplate {
  return template;
}

/** What machines cost together in an hour, by currency; empty where no price is given. */
export function hourly(specs: readonly NodeSpec[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const { template } of specs) {
    const found = priceOf(template);
    if (found !== undefined) sums.set(found.currency, (sums.get(found.currency) ?? 0) + found.perHour);
  }
  return Object.fromEntries(sums);
}
