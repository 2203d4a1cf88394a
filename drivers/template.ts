import type { z } from "zod";
import type { MachineTemplate } from "../core/driver.ts";
import type { Fault } from "../core/errors.ts";
import { faultsOf } from "../core/faults.ts";

/** Where a site's machine template stands in the config; the place of balancer and witness is no site there. */
export function cloudPath(site: string): string {
  return site === "edge" ? "edge.cloud" : `sites.${site}.cloud`;
}

/** Everything wrong with a site's machine template, without looking at its cloud. */
export function shapeFaults(schema: z.ZodObject, site: string, template: MachineTemplate): Fault[] {
  return [...faultsOf(schema, template, cloudPath(site))];
}

/** Many claims share one template: its faults are told once. */
export function uniqueFaults(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}
