import { EC2, type Instance, type Tag } from "@aws-sdk/client-ec2";

/** What the cloud itself says, asked with Amazon's own client; nothing of the driver is in here. */
export class Account {
  readonly ec2: EC2;

  constructor(endpoint: string, region: string) {
    const credentials = { accessKeyId: "AKIAHOTSITETEST00000", secretAccessKey: "no-secret-at-all" };
    this.ec2 = new EC2({ endpoint, region, credentials });
  }

  close(): void {
    this.ec2.destroy();
  }

  /** Instances of an owner that have not ended. */
  async instancesOf(owner: string): Promise<Instance[]> {
    const { Reservations = [] } = await this.ec2.describeInstances({});
    return Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      (instance) => isOf(owner, instance.Tags) && instance.State?.Name !== "terminated",
    );
  }

  /** Ids of everything that carries the owner's tag, whatever it is. */
  async everythingOf(owner: string): Promise<string[]> {
    const { ec2 } = this;
    const [instances, volumes, addresses, keys, groups, subnets, gateways, vpcs] = await Promise.all([
      this.instancesOf(owner),
      ec2.describeVolumes({}),
      ec2.describeAddresses({}),
      ec2.describeKeyPairs({}),
      ec2.describeSecurityGroups({}),
      ec2.describeSubnets({}),
      ec2.describeInternetGateways({}),
      ec2.describeVpcs({}),
    ]);
    const ofOwner = <T extends { Tags?: Tag[] }>(all: readonly T[] | undefined, id: (one: T) => unknown) =>
      (all ?? []).filter(({ Tags }) => isOf(owner, Tags)).map((one) => String(id(one)));
    return [
      ...instances.map(({ InstanceId }) => String(InstanceId)),
      ...ofOwner(volumes.Volumes, ({ VolumeId }) => VolumeId),
      ...ofOwner(addresses.Addresses, ({ AllocationId }) => AllocationId),
      ...ofOwner(keys.KeyPairs, ({ KeyName }) => KeyName),
      ...ofOwner(groups.SecurityGroups, ({ GroupId }) => GroupId),
      ...ofOwner(subnets.Subnets, ({ SubnetId }) => SubnetId),
      ...ofOwner(gateways.InternetGateways, ({ InternetGatewayId }) => InternetGatewayId),
      ...ofOwner(vpcs.Vpcs, ({ VpcId }) => VpcId),
    ];
  }
}

function isOf(owner: string, tags: readonly Tag[] = []): boolean {
  return tags.some(({ Key, Value }) => Key === "hotsite:owner" && Value === owner);
}
