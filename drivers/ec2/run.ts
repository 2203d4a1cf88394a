import { createHash } from "node:crypto";
import type { Instance, RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import { CapacityError, HotsiteError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { inTurn } from "../turns.ts";
import type { Api } from "./api.ts";
import { askUnless } from "./errors.ts";
import { ensureGroups } from "./groups.ts";
import type { MachineImage } from "./image.ts";
import { ensureKey } from "./key.ts";
import { findInstances, idOf, isDead } from "./machine.ts";
import { ensureNetwork, type Network } from "./network.ts";
import { claimTags, tagged } from "./tags.ts";
import type { Ec2Template } from "./template.ts";
import { zonesFor } from "./zones.ts";

/** One call of `launch`. */
export interface Launch {
  readonly claim: NodeClaim;
  readonly template: Ec2Template;
  readonly image: MachineImage;
  /** Marks what this call makes. */
  readonly attempt: string;
  /** Instances that this claim had and that are dead: their tokens are used up. */
  readonly spent: number;
}

/** What the cloud just made can be found everywhere after this long. */
const settleMs = 30_000;

/** The id of the claim's new instance, in the first zone that has room. */
export async function runInstance(api: Api, launch: Launch, signal: AbortSignal): Promise<string> {
  const zones = await zonesFor(api, launch.template, signal);
  for (const [index, zone] of zones.entries()) {
    try {
      return await runIn(api, launch, zone, signal);
    } catch (error) {
      if (!(error instanceof CapacityError) || index + 1 === zones.length) throw error;
    }
  }
  throw new CapacityError(`no zone of ${api.place.region} offers ${launch.template.type}`);
}

async function runIn(
  api: Api,
  launch: Launch,
  zone: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { claim, template } = launch;
  const surroundings = async () => {
    const network = await ensureNetwork(api, claim, template, zone, signal);
    const groups = await ensureGroups(api, claim, template, network.vpc, signal);
    return { network, groups, key: await ensureKey(api, claim, template, signal) };
  };
  const { network, groups, key } = await inTurn(`${api.key} ${claim.owner}`, surroundings, signal);
  const wish = requestOf(launch, network, groups, key);
  for (let used = launch.spent; ; used += 1) {
    signal.throwIfAborted();
    const token = tokenOf(claim, zone, used);
    const run = api.ec2.runInstances({ ...wish, ClientToken: token });
    const made = await askUnless(/^IdempotentParameterMismatch$/, `launch ${claim.site}/${claim.name}`, run);
    const instance = made === undefined ? await holderOf(api, token, signal) : made.Instances?.[0];
    if (instance !== undefined && !isDead(instance)) return idOf(instance);
  }
}

/** Another call was first with this token: its instance, once the cloud shows it; undefined when that is long gone. */
async function holderOf(api: Api, token: string, signal: AbortSignal): Promise<Instance | undefined> {
  const filter = { Name: "client-token", Values: [token] };
  const look = async () => (await findInstances(api, [filter], signal))[0];
  const wait = { timeoutMs: settleMs, intervalMs: api.pollMs, what: "the instance of another launch" };
  return waitFor(look, wait, signal).catch((error: unknown) => {
    if (error instanceof HotsiteError && error.code === "timeout") return undefined;
    throw error;
  });
}

/** The cloud takes 64 characters, and remembers a token longer than the instance. */
function tokenOf({ id }: NodeClaim, zone: string | undefined, used: number): string {
  return createHash("sha256")
    .update(JSON.stringify([id, zone, used]))
    .digest("hex");
}

function requestOf(
  { claim, template, image, attempt }: Launch,
  { subnet, publicIp }: Network,
  groups: readonly string[],
  key: string,
): RunInstancesCommandInput {
  const tags = claimTags(claim, template, attempt);
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: image.id,
    InstanceType: template.type as never,
    KeyName: key,
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnet,
        Groups: [...groups],
        DeleteOnTermination: true,
        ...(publicIp === undefined ? {} : { AssociatePublicIpAddress: publicIp }),
      },
    ],
    BlockDeviceMappings: disksOf(template, image),
    // Without a token from the machine itself nothing about it is told: a web service that is made to fetch addresses gives no keys away.
    MetadataOptions: { HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 },
    TagSpecifications: tagged(tags, "instance", "volume", "network-interface"),
    ...optionsOf(template),
  };
}

function optionsOf({ userData, instanceProfile, spot }: Ec2Template): Partial<RunInstancesCommandInput> {
  const maxPrice = typeof spot === "object" ? { MaxPrice: spot.maxPrice } : {};
  const market = {
    MarketType: "spot" as const,
    SpotOptions: { SpotInstanceType: "one-time" as const, ...maxPrice },
  };
  return {
    ...(userData === undefined ? {} : { UserData: Buffer.from(userData).toString("base64") }),
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    ...(spot === false ? {} : { InstanceMarketOptions: market }),
  };
}

/** The root disk is named so that it ends with the machine, whatever the image says. */
function disksOf({ diskGb, volumes }: Ec2Template, { rootDevice }: MachineImage) {
  const root = { DeleteOnTermination: true, ...(diskGb === undefined ? {} : { VolumeSize: diskGb }) };
  const more = volumes.map(({ device, sizeGb, type = "gp3", encrypted }) => ({
    DeviceName: device,
    Ebs: {
      DeleteOnTermination: true,
      VolumeSize: sizeGb,
      VolumeType: type as never,
      ...(encrypted === undefined ? {} : { Encrypted: encrypted }),
    },
  }));
  return [{ DeviceName: rootDevice, Ebs: root }, ...more];
}
