import type { Api } from "./api.ts";
import { ask } from "./errors.ts";
import type { Ec2Template } from "./template.ts";

/** The zones to try, in their order; one that is undefined where a given subnet decides. */
export async function zonesFor(
  api: Api,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<readonly (string | undefined)[]> {
  if (template.subnet !== undefined) return [undefined];
  return template.zones ?? offeringZones(api, template.type, signal);
}

/** Zones that offer an instance type, in a stable order. */
export async function offeringZones({ ec2 }: Api, type: string, signal: AbortSignal): Promise<string[]> {
  const wish = {
    LocationType: "availability-zone" as const,
    Filters: [{ Name: "instance-type", Values: [type] }],
  };
  const request = ec2.describeInstanceTypeOfferings(wish, { abortSignal: signal });
  const { InstanceTypeOfferings = [] } = await ask(`look where ${type} is offered`, request);
  return InstanceTypeOfferings.map(({ Location = "" }) => Location).sort();
}
