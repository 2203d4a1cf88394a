import type { Address } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { claimTags, tag, tagged, withTag } from "./tags.ts";
import type { Ec2Template } from "./template.ts";

/** Gives a running machine its elastic address. */
export async function ensureAddress(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  instance: string,
  signal: AbortSignal,
): Promise<void> {
  const [known] = await addressesWith(api, tag.claim, claim.id, signal);
  signal.throwIfAborted();
  const TagSpecifications = tagged(claimTags(claim, template, "address"), "elastic-ip");
  const wish = { Domain: "vpc" as const, TagSpecifications };
  const address = known ?? (await ask("get an elastic address", api.ec2.allocateAddress(wish)));
  if (known?.InstanceId === instance) return;
  const pair = { AllocationId: address.AllocationId, InstanceId: instance, AllowReassociation: true };
  await ask("give the machine its address", api.ec2.associateAddress(pair));
}

/** Gives back the elastic addresses of a claim; repeatable. */
export async function releaseAddresses(api: Api, claim: string, signal: AbortSignal): Promise<void> {
  for (const address of await addressesWith(api, tag.claim, claim, signal)) await release(api, address);
}

export async function addressesWith(
  { ec2 }: Api,
  name: string,
  value: string,
  signal: AbortSignal,
): Promise<Address[]> {
  const mine = { Filters: [withTag(name, value)] };
  const { Addresses = [] } = await ask(
    "look for elastic addresses",
    ec2.describeAddresses(mine, { abortSignal: signal }),
  );
  return Addresses;
}

export async function release({ ec2 }: Api, { AllocationId, AssociationId }: Address): Promise<void> {
  const gone = /^Invalid(Association|Allocation)ID\.NotFound$/;
  if (AssociationId !== undefined && AssociationId !== "")
    await askUnless(gone, "take the address back", ec2.disassociateAddress({ AssociationId }));
  await askUnless(gone, "give the address back", ec2.releaseAddress({ AllocationId }));
}
