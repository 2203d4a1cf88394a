import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { Instance } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import {
  CapacityError,
  CredentialError,
  HotsiteError,
  PreflightError,
  QuotaError,
} from "../../core/errors.ts";
import { Ec2Driver } from "../../drivers/ec2/driver.ts";
import type { Ec2Options } from "../../drivers/ec2/template.ts";
import { claimOf, newOwner } from "./claim.ts";
import { debianOwner, Emulator } from "./ec2/emulator.ts";
import { removeAll } from "./lab.ts";

jest.setTimeout(60_000);

describe("machines of EC2, as the cloud itself tells of them", () => {
  let emulator: Emulator;
  let driver: Ec2Driver;
  let owner: string;
  let signal: AbortSignal;

  const claim = (more: Partial<Ec2Options> = {}, expose: number[] = []): NodeClaim =>
    claimOf(owner, "east", "db-1", { template: { ...emulator.options, ...more }, expose });
  const only = async (): Promise<Instance> => {
    const [instance, ...others] = await emulator.account.instancesOf(owner);
    expect(others).toEqual([]);
    return instance!;
  };

  beforeAll(async () => {
    emulator = await Emulator.open("greeter");
  }, 300_000);

  beforeEach(() => {
    emulator.front.reset();
    driver = new Ec2Driver(emulator.options, { pollMs: 20 });
    owner = newOwner();
    signal = AbortSignal.timeout(50_000);
  });

  afterEach(async () => {
    emulator.front.reset();
    await removeAll(driver, owner);
    await driver[Symbol.asyncDispose]();
    expect(await emulator.leftovers(owner)).toEqual([]);
  });

  afterAll(async () => {
    await emulator[Symbol.asyncDispose]();
  });

  test.each<[Partial<Ec2Options>, string]>([
    [{ image: "debian-12" }, "debian-12-amd64-20260101"],
    [{ image: "debian-12", type: "t4g.small" }, "debian-12-arm64-20260101"],
    [{ image: "ami-0000000000000011" }, "rooted-1"],
    [{ image: "rooted-*", imageOwner: debianOwner }, "rooted-2"],
    [{ image: "resolve:ssm:/aws/service/debian/release/12/latest/amd64" }, "debian-12-amd64-20260101"],
  ])("the image of %j is %s", async (more, name) => {
    await driver.launch(claim(more), signal);
    const { ImageId = "" } = await only();
    const { Images = [] } = await emulator.account.ec2.describeImages({ ImageIds: [ImageId] });
    expect(Images.map(({ Name }) => Name)).toEqual([name]);
  });

  test("metadata wants a token, disks end with the machine, and all of it says whose it is", async () => {
    const volumes = [{ device: "/dev/sdf", sizeGb: 5 }];
    const wish = claim({
      volumes,
      diskGb: 12,
      userData: "#!/bin/sh\ntrue\n",
      spot: true,
      tags: { team: "dr" },
    });
    await driver.launch(wish, signal);
    const { InstanceId, MetadataOptions, BlockDeviceMappings = [], InstanceLifecycle, Tags } = await only();
    expect(MetadataOptions?.HttpTokens).toBe("required");
    expect(InstanceLifecycle).toBe("spot");
    expect(BlockDeviceMappings.map(({ Ebs }) => Ebs?.DeleteOnTermination)).toEqual([true, true]);
    const named = { Attribute: "userData", InstanceId } as const;
    const { UserData } = await emulator.account.ec2.describeInstanceAttribute(named);
    expect(Buffer.from(UserData?.Value ?? "", "base64").toString()).toBe("#!/bin/sh\ntrue\n");
    const { Volumes = [] } = await emulator.account.ec2.describeVolumes({});
    const ours = Volumes.filter((volume) => volume.Tags?.some(({ Value }) => Value === wish.id));
    expect(ours.map(({ Size }) => Size).sort()).toEqual([12, 5]);
    const tags = [
      { Key: "hotsite:owner", Value: owner },
      { Key: "hotsite:site", Value: "east" },
      { Key: "hotsite:claim", Value: wish.id },
      { Key: "team", Value: "dr" },
    ];
    for (const tag of tags)
      for (const one of [Tags, ...ours.map((volume) => volume.Tags)]) expect(one).toContainEqual(tag);
  });

  test("people reach exposed ports and SSH, from where the template says, and nothing else", async () => {
    await driver.launch(
      claim({ sshFrom: ["192.0.2.0/24"], openTo: ["198.51.100.0/24"] }, [8080, 443]),
      signal,
    );
    const groups = (await only()).NetworkInterfaces?.[0]?.Groups ?? [];
    expect(groups).toHaveLength(2);
    const GroupIds = groups.map(({ GroupId = "" }) => GroupId);
    const { SecurityGroups = [] } = await emulator.account.ec2.describeSecurityGroups({ GroupIds });
    const open = SecurityGroups.flatMap(({ IpPermissions = [] }) => IpPermissions).map(
      ({ IpProtocol, FromPort, IpRanges = [] }) =>
        `${IpProtocol ?? ""} ${FromPort ?? "all"} ${IpRanges.map(({ CidrIp }) => CidrIp).join()}`,
    );
    const inside = `-1 all ${emulator.options.vpcCidr ?? ""}`;
    const wanted = [inside, "tcp 22 192.0.2.0/24", "tcp 443 198.51.100.0/24", "tcp 8080 198.51.100.0/24"];
    expect(open.sort()).toEqual(wanted);
  });

  test("an elastic address stays through a power cut and goes with the machine", async () => {
    const machine = await driver.launch(claim({ elasticIp: true }), signal);
    await driver.stop(machine.id, signal);
    expect(await driver.start(machine.id, signal)).toEqual(machine);
    const { Addresses = [] } = await emulator.account.ec2.describeAddresses({});
    expect(Addresses.map(({ PublicIp }) => PublicIp)).toEqual([machine.ssh.host]);
    await driver.destroy(machine.id, signal);
    expect((await emulator.account.ec2.describeAddresses({})).Addresses).toEqual([]);
  });

  test("a subnet and groups that are given are used, and stay", async () => {
    const { ec2 } = emulator.account;
    const { Subnets = [] } = await ec2.describeSubnets({});
    const { SubnetId: subnet = "", VpcId = "" } = Subnets[0] ?? {};
    const group = { GroupName: owner, Description: "given", VpcId };
    const { GroupId = "" } = await ec2.createSecurityGroup(group);
    try {
      await driver.launch(
        claim({ subnet, securityGroups: [GroupId], elasticIp: true, vpcCidr: undefined }),
        signal,
      );
      expect(await only()).toMatchObject({
        SubnetId: subnet,
        NetworkInterfaces: [{ Groups: [{ GroupId }] }],
      });
      await removeAll(driver, owner);
      const { SecurityGroups = [] } = await ec2.describeSecurityGroups({ GroupIds: [GroupId] });
      expect(SecurityGroups).toHaveLength(1);
    } finally {
      await removeAll(driver, owner);
      await ec2.deleteSecurityGroup({ GroupId });
    }
  });

  test("a zone without room is left for the next one, unless there is no other", async () => {
    await driver.launch(claim({ type: "t3.micro" }), signal);
    expect((await only()).Placement?.AvailabilityZone).toBe("eu-west-1b");
    await removeAll(driver, owner);
    const launched = driver.launch(claim({ type: "t3.micro", zones: ["eu-west-1a"] }), signal);
    await expect(launched).rejects.toBeInstanceOf(CapacityError);
  });

  test.each<[string, string, new (...args: never[]) => HotsiteError]>([
    ["RunInstances", "InsufficientInstanceCapacity", CapacityError],
    ["RunInstances", "VcpuLimitExceeded", QuotaError],
    ["RunInstances", "UnauthorizedOperation", CredentialError],
    ["CreateVpc", "VpcLimitExceeded", QuotaError],
    ["AllocateAddress", "AddressLimitExceeded", QuotaError],
    ["DescribeInstances", "AuthFailure", CredentialError],
  ])("%s refused with %s is a %p, and nothing is left", async (refused, code, kind) => {
    let refusals = 0;
    emulator.front.mishap = (action) =>
      action === refused && (refusals += 1) <= (refused === "RunInstances" ? 9 : 1)
        ? { kind: "refuse", code, status: 400 }
        : undefined;
    const failure: unknown = await driver
      .launch(claim({ elasticIp: true }), signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(kind);
    expect((failure as HotsiteError).hint).toBeDefined();
    expect(await emulator.leftovers(owner)).toEqual([]);
  });

  test("an image that is not there is a fault of the config", async () => {
    const failure: unknown = await driver
      .launch(claim({ image: "ami-00000000000000000" }), signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PreflightError);
    expect((failure as PreflightError).faults).toMatchObject([{ path: "sites.east.cloud.image" }]);
  });

  test("a cloud that says slow down is asked again, and a lost answer makes no second machine", async () => {
    const rare = new Set(["RunInstances", "CreateVpc", "DescribeSubnets"]);
    emulator.front.mishap = (action) =>
      rare.delete(action) ? { kind: "refuse", code: "RequestLimitExceeded", status: 503 } : undefined;
    await driver.launch(claim(), signal);
    expect(rare.size).toBe(0);
    await removeAll(driver, owner);

    let lost = false;
    emulator.front.mishap = (action) => {
      if (lost || action !== "RunInstances") return undefined;
      lost = true;
      return { kind: "lost-after", then: () => undefined };
    };
    const machine = await driver.launch(claim(), signal);
    expect((await only()).InstanceId).toBe(machine.id);
  });

  test("a machine that somebody ended elsewhere is launched anew under the same claim", async () => {
    const wish = claim();
    const first = await driver.launch(wish, signal);
    await emulator.account.ec2.terminateInstances({ InstanceIds: [first.id] });
    const second = await driver.launch(wish, signal);
    expect(second.id).not.toBe(first.id);
    expect((await only()).InstanceId).toBe(second.id);
  });

  test("all faults of the account are found at once", async () => {
    emulator.front.mishap = (action) =>
      action === "DryRun StopInstances"
        ? { kind: "refuse", code: "UnauthorizedOperation", status: 403 }
        : undefined;
    const given = { subnet: "subnet-00000000", type: "t99.huge", image: "nothing-*", spot: false };
    const faults = await driver.validate([claim(given), claim({ zones: ["eu-west-1z"] })], signal);
    expect(faults.map(({ path, found }) => `${path} ${found ?? ""}`).sort()).toEqual([
      "sites.east.cloud ec2:StopInstances",
      "sites.east.cloud.image nothing-*",
      "sites.east.cloud.subnet subnet-00000000",
      "sites.east.cloud.type t3.small",
      "sites.east.cloud.type t99.huge",
      "sites.east.cloud.zones eu-west-1z",
    ]);
  });

  test("a template that contradicts itself is told so without asking the cloud", async () => {
    const template = { securityGroups: ["sg-1"], publicIp: false, sshFrom: ["anywhere"] };
    const [shape, sense] = [claim(template), claim({ ...template, sshFrom: [] })];
    const paths = async (wish: NodeClaim) => (await driver.validate([wish], signal)).map(({ path }) => path);
    expect(await paths(shape)).toEqual(["sites.east.cloud.sshFrom.0"]);
    expect(await paths(sense)).toEqual(["sites.east.cloud.securityGroups", "sites.east.cloud.publicIp"]);
    expect(emulator.front.actions).toEqual([]);
  });

  test("a spot machine says that it cannot be powered off", async () => {
    const { id } = await driver.launch(claim({ spot: true }), signal);
    await expect(driver.stop(id, signal)).rejects.toMatchObject({ code: "unsupported" });
    await using spot = new Ec2Driver({ ...emulator.options, spot: true });
    expect(spot.capabilities()).toEqual({ powerOff: false, fences: false });
  });
});
