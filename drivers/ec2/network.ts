import type { Subnet } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import { CapacityError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { freeSubnet } from "./cidr.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { ownerTags, sharedTags, tag, tagged, withTag } from "./tags.ts";
import type { Ec2Template } from "./template.ts";

/** Where a machine gets its address. */
export interface Network {
  readonly vpc: string;
  readonly subnet: string;
  /** Undefined: as the subnet says. */
  readonly publicIp?: boolean;
}

/** What was just made is known everywhere after this long. */
const settleMs = 30_000;

/** The subnet that was given, or one of the site's own in this zone, made with all around it when it is missing. */
export async function ensureNetwork(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  zone: string | undefined,
  signal: AbortSignal,
): Promise<Network> {
  const { publicIp } = template;
  if (template.subnet !== undefined) {
    const request = api.ec2.describeSubnets({ SubnetIds: [template.subnet] }, { abortSignal: signal });
    const { Subnets } = await ask(`look at ${template.subnet}`, request);
    return { vpc: Subnets?.[0]?.VpcId ?? "", subnet: template.subnet, publicIp };
  }
  const vpc = await ensureVpc(api, claim, template, signal);
  await ensureGateway(api, claim, template, vpc, signal);
  const subnet = await ensureSubnet(api, claim, template, vpc, zone, signal);
  return { vpc, subnet, publicIp: publicIp ?? true };
}

async function ensureVpc(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<string> {
  const mine = { Filters: [withTag(tag.owner, claim.owner)] };
  const { Vpcs = [] } = await ask("look for the network", ec2.describeVpcs(mine, { abortSignal: signal }));
  const [known] = Vpcs.map(({ VpcId = "" }) => VpcId).sort();
  if (known !== undefined) return known;
  signal.throwIfAborted();
  const TagSpecifications = tagged(ownerTags(claim, template), "vpc");
  const made = ec2.createVpc({ CidrBlock: template.vpcCidr, TagSpecifications });
  return (await ask("make the network", made)).Vpc?.VpcId ?? "";
}

async function ensureGateway(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  vpc: string,
  signal: AbortSignal,
): Promise<void> {
  const mine = { Filters: [withTag(tag.owner, claim.owner)] };
  const found = await ask(
    "look for the gateway",
    ec2.describeInternetGateways(mine, { abortSignal: signal }),
  );
  const known = found.InternetGateways?.[0];
  signal.throwIfAborted();
  const TagSpecifications = tagged(ownerTags(claim, template), "internet-gateway");
  const gateway =
    known ??
    (await ask("make the gateway", ec2.createInternetGateway({ TagSpecifications }))).InternetGateway;
  const id = gateway?.InternetGatewayId ?? "";
  if ((gateway?.Attachments ?? []).length === 0) {
    await onceKnown(
      "attach the gateway",
      () => ec2.attachInternetGateway({ InternetGatewayId: id, VpcId: vpc }),
      signal,
    );
  }
  await ensureRoute(ec2, vpc, id, signal);
}

/** Subnets without a route table of their own use the network's main one, which goes when the network goes. */
async function ensureRoute(
  ec2: Api["ec2"],
  vpc: string,
  gateway: string,
  signal: AbortSignal,
): Promise<void> {
  const main = {
    Filters: [
      { Name: "vpc-id", Values: [vpc] },
      { Name: "association.main", Values: ["true"] },
    ],
  };
  const table = async () => {
    const request = ec2.describeRouteTables(main, { abortSignal: signal });
    return (await ask("look at the routes", request)).RouteTables?.[0];
  };
  const wait = { timeoutMs: settleMs, what: "the network's route table" };
  const { RouteTableId, Routes = [] } = await waitFor(table, wait, signal);
  if (Routes.some(({ DestinationCidrBlock }) => DestinationCidrBlock === "0.0.0.0/0")) return;
  const route = { RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway };
  await onceKnown("make the route to the internet", () => ec2.createRoute(route), signal);
}

async function ensureSubnet(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  vpc: string,
  zone: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const filters = { Filters: [{ Name: "vpc-id", Values: [vpc] }] };
  const make = async (): Promise<string | undefined> => {
    const request = ec2.describeSubnets(filters, { abortSignal: signal });
    const { Subnets = [] } = await ask("look for subnets", request);
    const known = Subnets.find((subnet) => isOf(subnet, claim.site, zone));
    if (known?.SubnetId !== undefined) return known.SubnetId;
    const CidrBlock = freeSubnet(
      template.vpcCidr,
      Subnets.map((subnet) => subnet.CidrBlock ?? ""),
    );
    if (CidrBlock === undefined) throw new CapacityError(`${template.vpcCidr} has no room for another site`);
    signal.throwIfAborted();
    const TagSpecifications = tagged(sharedTags(claim, template), "subnet");
    const wish = { VpcId: vpc, CidrBlock, AvailabilityZone: zone, TagSpecifications };
    // In the same instant somebody may have taken the range.
    const made = await askUnless(/^InvalidSubnet\.Conflict$/, "make the subnet", ec2.createSubnet(wish));
    return made?.Subnet?.SubnetId;
  };
  return waitFor(make, { timeoutMs: settleMs, what: `a subnet of ${claim.site}` }, signal);
}

function isOf({ Tags = [], AvailabilityZone }: Subnet, site: string, zone: string | undefined): boolean {
  const ours = Tags.some(({ Key, Value }) => Key === tag.site && Value === site);
  return ours && (zone === undefined || zone === AvailabilityZone);
}

/** Asks again while the cloud does not know yet what it was just told to make. Being done already is as good. */
async function onceKnown(what: string, call: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const attempt = async (): Promise<true> => {
    signal.throwIfAborted();
    await askUnless(/^(RouteAlreadyExists|Resource\.AlreadyAssociated)$/, what, call());
    return true;
  };
  await waitFor(attempt, { timeoutMs: settleMs, what }, signal);
}
