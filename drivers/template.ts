import type { z } from "zod";
import type { MachineTemplate } from "../core/driver.ts";
import type { Fault } from "../core/errors.ts";

/** Where a site's machine template stands in the config; the place of balancer and witness is no site there. */
export function cloudPath(site: string): string {
  return site === "edge" ? "edge.cloud" : `sites.${site}.cloud`;
}

/** Everything wrong with a site's machine template, without looking at its cloud. */
export function shapeFaults(schema: z.ZodObject, site: string, template: MachineTemplate): Fault[] {
  const parsed = schema.safeParse(template);
  return (parsed.error?.issues ?? []).flatMap((issue) => faultsOf(schema, site, template, issue));
}

function faultsOf(
  schema: z.ZodObject,
  site: string,
  template: MachineTemplate,
  issue: z.core.$ZodIssue,
): Fault[] {
  const path = [cloudPath(site), ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") {
    const allowed = issue.path.length === 0 ? { allowed: Object.keys(schema.shape).join(", ") } : {};
    return issue.keys.map((key) => ({ path: `${path}.${key}`, problem: "is not known here", ...allowed }));
  }
  const found: unknown = issue.path.reduce<unknown>(within, template);
  return [{ path, problem: issue.message, ...(found === undefined ? {} : { found: JSON.stringify(found) }) }];
}

function within(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** Many claims share one template: its faults are told once. */
export function uniqueFaults(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}
