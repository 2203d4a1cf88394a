import type { NodeClaim } from "../../core/driver.ts";
import { HotsiteError, PreflightError, type Fault } from "../../core/errors.ts";
import { cloudPath } from "../template.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { architecturesOf, resolveImage } from "./image.ts";
import { permissionFaults } from "./permissions.ts";
import { parseTemplate, type Ec2Template } from "./template.ts";
import { offeringZones } from "./zones.ts";

/** Everything that the cloud has against these claims, whose templates are sound. Changes nothing. */
export async function worldFaults(
  api: Api,
  claims: readonly NodeClaim[],
  signal: AbortSignal,
): Promise<Fault[]> {
  const kindOf = ({ site, template }: NodeClaim): string => JSON.stringify([site, template]);
  const kinds = [...new Set(claims.map(kindOf))];
  const each = kinds.map((kind) =>
    kindFaults(
      api,
      claims.filter((claim) => kindOf(claim) === kind),
      signal,
    ),
  );
  return (await Promise.all(each)).flat();
}

/** Claims of one site and template have the same faults. */
async function kindFaults(api: Api, claims: readonly NodeClaim[], signal: AbortSignal): Promise<Fault[]> {
  const [claim] = claims;
  if (claim === undefined) return [];
  const template = parseTemplate(claim);
  const path = cloudPath(claim.site);
  // Whoever may not even ask this would be told the same by every other question.
  const zones = await answered(path, () => zonesOf(api, signal));
  if (!Array.isArray(zones)) return [zones.fault];
  const image = await imageOf(api, claim, template, signal);
  const world = await Promise.all([
    faultsIn(path, () => Promise.resolve(zoneFaults(path, template, zones))),
    faultsIn(path, () => typeFaults(api, path, template, signal)),
    faultsIn(path, () => Promise.resolve(image.faults)),
    faultsIn(path, () => networkFaults(api, path, template, claims.length, signal)),
    faultsIn(path, () => permissionFaults(api, claim, template, image.id, signal)),
  ]);
  return world.flat();
}

async function zonesOf({ ec2 }: Api, signal: AbortSignal): Promise<string[]> {
  const request = ec2.describeAvailabilityZones({}, { abortSignal: signal });
  const { AvailabilityZones = [] } = await ask("list the zones", request);
  return AvailabilityZones.map(({ ZoneName = "" }) => ZoneName);
}

function zoneFaults(path: string, { zones = [] }: Ec2Template, known: readonly string[]): Fault[] {
  const unknown = zones.filter((zone) => !known.includes(zone));
  const allowed = known.join(", ");
  return unknown.map((zone) => ({
    path: `${path}.zones`,
    problem: "is no zone of this region",
    found: zone,
    allowed,
  }));
}

async function typeFaults(
  api: Api,
  path: string,
  { type, zones, subnet }: Ec2Template,
  signal: AbortSignal,
): Promise<Fault[]> {
  if ((await architecturesOf(api, type, signal)).length === 0) {
    const remedy = "aws ec2 describe-instance-type-offerings lists what there is";
    return [{ path: `${path}.type`, problem: "is no machine type of this region", found: type, remedy }];
  }
  if (subnet !== undefined) return [];
  const offering = await offeringZones(api, type, signal);
  if ((zones ?? offering).some((zone) => offering.includes(zone))) return [];
  const problem = "is offered in none of the zones";
  return [{ path: `${path}.type`, problem, found: type, allowed: `in ${offering.join(", ")}` }];
}

async function networkFaults(
  { ec2 }: Api,
  path: string,
  { subnet, securityGroups = [] }: Ec2Template,
  machines: number,
  signal: AbortSignal,
): Promise<Fault[]> {
  if (subnet === undefined) return [];
  const options = { abortSignal: signal };
  const gone = /\.(NotFound|Malformed)$/;
  const request = ec2.describeSubnets({ SubnetIds: [subnet] }, options);
  const found = (await askUnless(gone, `look at ${subnet}`, request))?.Subnets?.[0];
  if (found === undefined)
    return [{ path: `${path}.subnet`, problem: "there is no such subnet", found: subnet }];
  const faults: Fault[] = [];
  const free = found.AvailableIpAddressCount ?? machines;
  if (free < machines) {
    const problem = `has too few free addresses for ${machines} machines`;
    faults.push({ path: `${path}.subnet`, problem, found: String(free) });
  }
  for (const id of securityGroups) {
    const look = ec2.describeSecurityGroups({ GroupIds: [id] }, options);
    const group = (await askUnless(/^InvalidGroup/, `look at ${id}`, look))?.SecurityGroups?.[0];
    if (group?.VpcId === found.VpcId) continue;
    const problem = group === undefined ? "there is no such group" : "is of another network than the subnet";
    faults.push({ path: `${path}.securityGroups`, problem, found: id });
  }
  return faults;
}

async function imageOf(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<{ readonly id?: string; readonly faults: Fault[] }> {
  let id: string | undefined;
  const faults = await faultsIn(cloudPath(claim.site), async () => {
    id = (await resolveImage(api, claim, template, signal)).id;
    return [];
  });
  return { id, faults };
}

/** What a check finds; an error that it meets is a fault as well. */
async function faultsIn(path: string, check: () => Promise<Fault[]>): Promise<Fault[]> {
  const answer = await answered(path, check);
  return Array.isArray(answer) ? answer : (answer.faults ?? [answer.fault]);
}

async function answered<T>(
  path: string,
  question: () => Promise<T[]>,
): Promise<T[] | { readonly fault: Fault; readonly faults?: Fault[] }> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof HotsiteError)) throw error;
    const fault = { path, problem: error.message, remedy: error.hint };
    return error instanceof PreflightError ? { fault, faults: [...error.faults] } : { fault };
  }
}
