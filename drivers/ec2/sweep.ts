import { waitFor } from "../../core/wait.ts";
import { inTurn } from "../turns.ts";
import { addressesWith, release } from "./address.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { liveInstancesOf } from "./machine.ts";
import { tag, tagsOf, withTag } from "./tags.ts";
import { isUnderWay } from "./under-way.ts";
import { deleteVolumes } from "./volumes.ts";

/** What a machine had is let go of within a minute after its end. */
const letGoMs = 180_000;

/** Removes addresses and disks that belong to no machine any more, and, once the owner has none at all, networks, groups and keys. */
export async function sweep(api: Api, owner: string, signal: AbortSignal): Promise<void> {
  const key = `${api.key} ${owner}`;
  const work = async (): Promise<void> => {
    // Whatever a launch at work has made looks like something that nobody needs.
    if (isUnderWay(key)) return;
    const machines = await liveInstancesOf(api, owner, signal);
    const claims = new Set(machines.map((instance) => tagsOf(instance)[tag.claim]));
    await sweepStrays(api, owner, (claim) => !claims.has(claim), signal);
    if (machines.length > 0) return;
    await sweepKeys(api, owner, signal);
    await sweepNetworks(api, owner, signal);
  };
  await inTurn(key, work, signal);
}

async function sweepStrays(
  api: Api,
  owner: string,
  isStray: (claim: string | undefined) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const address of await addressesWith(api, tag.owner, owner, signal)) {
    if (isStray(tagsOf(address)[tag.claim])) await release(api, address);
  }
  const isMeant = (volume: object): boolean => isStray(tagsOf(volume)[tag.claim]);
  await deleteVolumes(api, tag.owner, owner, isMeant, signal);
}

async function sweepKeys({ ec2 }: Api, owner: string, signal: AbortSignal): Promise<void> {
  const mine = { Filters: [withTag(tag.owner, owner)] };
  const request = ec2.describeKeyPairs(mine, { abortSignal: signal });
  const { KeyPairs = [] } = await ask("look for key pairs", request);
  for (const { KeyName = "" } of KeyPairs)
    await askUnless(
      /^InvalidKeyPair\.NotFound$/,
      `delete key pair ${KeyName}`,
      ec2.deleteKeyPair({ KeyName }),
    );
}

async function sweepNetworks(api: Api, owner: string, signal: AbortSignal): Promise<void> {
  const { ec2 } = api;
  const mine = { Filters: [withTag(tag.owner, owner)] };
  const options = { abortSignal: signal };
  const { SecurityGroups = [] } = await ask(
    "look for security groups",
    ec2.describeSecurityGroups(mine, options),
  );
  for (const { GroupId } of SecurityGroups)
    await removed(api, `delete ${GroupId ?? ""}`, () => ec2.deleteSecurityGroup({ GroupId }), signal);
  const { Subnets = [] } = await ask("look for subnets", ec2.describeSubnets(mine, options));
  for (const { SubnetId } of Subnets)
    await removed(api, `delete ${SubnetId ?? ""}`, () => ec2.deleteSubnet({ SubnetId }), signal);
  await sweepGateways(api, owner, signal);
  const { Vpcs = [] } = await ask("look for networks", ec2.describeVpcs(mine, options));
  for (const { VpcId } of Vpcs)
    await removed(api, `delete ${VpcId ?? ""}`, () => ec2.deleteVpc({ VpcId }), signal);
}

async function sweepGateways(api: Api, owner: string, signal: AbortSignal): Promise<void> {
  const { ec2 } = api;
  const request = ec2.describeInternetGateways(
    { Filters: [withTag(tag.owner, owner)] },
    { abortSignal: signal },
  );
  const { InternetGateways = [] } = await ask("look for gateways", request);
  for (const { InternetGatewayId, Attachments = [] } of InternetGateways) {
    for (const { VpcId } of Attachments) {
      const detach = () => ec2.detachInternetGateway({ InternetGatewayId, VpcId });
      await removed(api, `detach ${InternetGatewayId ?? ""}`, detach, signal);
    }
    const remove = () => ec2.deleteInternetGateway({ InternetGatewayId });
    await removed(api, `delete ${InternetGatewayId ?? ""}`, remove, signal);
  }
}

/** Removes one thing; waits while something that is just going away still needs it. */
async function removed(
  { pollMs }: Api,
  what: string,
  call: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const attempt = async (): Promise<true> => {
    signal.throwIfAborted();
    await askUnless(/\.NotFound$|^Gateway\.NotAttached$/, what, call());
    return true;
  };
  await waitFor(attempt, { timeoutMs: letGoMs, intervalMs: pollMs, what }, signal);
}
