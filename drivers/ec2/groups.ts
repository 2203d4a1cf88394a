import { createHash } from "node:crypto";
import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import { waitFor } from "../../core/wait.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { sharedTags, tagged } from "./tags.ts";
import type { Ec2Template } from "./template.ts";

const settleMs = 30_000;

/** The security groups that were given, or our own: one that all machines of a site share, and one for those that expose the same ports. */
export async function ensureGroups(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  vpc: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (template.securityGroups !== undefined) return template.securityGroups;
  const inside = template.subnet === undefined ? [template.vpcCidr] : await cidrsOf(api, vpc, signal);
  const wishes = [siteRules(template, inside), ...exposeRules(claim, template)];
  const groups: string[] = [];
  for (const rules of wishes) groups.push(await ensureGroup(api, claim, template, vpc, rules, signal));
  return groups;
}

/** Other nodes reach everything; SSH is reached from where the template says. */
function siteRules({ sshFrom, trusted }: Ec2Template, inside: readonly string[]): IpPermission[] {
  const rules: IpPermission[] = [{ IpProtocol: "-1", IpRanges: ranges([...inside, ...trusted]) }];
  if (sshFrom.length > 0) rules.push(tcp(22, sshFrom));
  return rules;
}

function exposeRules({ expose }: NodeClaim, { openTo }: Ec2Template): IpPermission[][] {
  if (expose.length === 0 || openTo.length === 0) return [];
  return [[...new Set(expose)].sort((a, b) => a - b).map((port) => tcp(port, openTo))];
}

function tcp(port: number, from: readonly string[]): IpPermission {
  return { IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: ranges(from) };
}

function ranges(cidrs: readonly string[]): { CidrIp: string }[] {
  return [...new Set(cidrs)].map((CidrIp) => ({ CidrIp }));
}

/** Other rules are another group, so that machines there are keep what they have. */
async function ensureGroup(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  vpc: string,
  rules: IpPermission[],
  signal: AbortSignal,
): Promise<string> {
  const mark = JSON.stringify([claim.owner, claim.site, rules]);
  const name = `hotsite-${createHash("sha256").update(mark).digest("hex").slice(0, 20)}`;
  const filters = {
    Filters: [
      { Name: "vpc-id", Values: [vpc] },
      { Name: "group-name", Values: [name] },
    ],
  };
  const make = async (): Promise<string | undefined> => {
    const request = ec2.describeSecurityGroups(filters, { abortSignal: signal });
    const known = (await ask("look for the security group", request)).SecurityGroups?.[0];
    signal.throwIfAborted();
    const group = known ?? (await createGroup(ec2, claim, template, vpc, name));
    if (group?.GroupId === undefined) return undefined;
    if ((group.IpPermissions ?? []).length === 0) {
      const wish = { GroupId: group.GroupId, IpPermissions: rules };
      const opened = ec2.authorizeSecurityGroupIngress(wish);
      await askUnless(/^InvalidPermission\.Duplicate$/, "open the ports", opened);
    }
    return group.GroupId;
  };
  return waitFor(make, { timeoutMs: settleMs, what: "the security group" }, signal);
}

async function createGroup(
  ec2: Api["ec2"],
  claim: NodeClaim,
  template: Ec2Template,
  vpc: string,
  name: string,
): Promise<Pick<SecurityGroup, "GroupId" | "IpPermissions"> | undefined> {
  const wish = {
    GroupName: name,
    // Only these characters are taken.
    Description: `Hotsite ${claim.owner} ${claim.site}`
      .replaceAll(/[^\w .:/()#,@[\]+=&;{}!$*-]/g, "_")
      .slice(0, 255),
    VpcId: vpc,
    TagSpecifications: tagged(sharedTags(claim, template), "security-group"),
  };
  return askUnless(/^InvalidGroup\.Duplicate$/, "make the security group", ec2.createSecurityGroup(wish));
}

async function cidrsOf({ ec2 }: Api, vpc: string, signal: AbortSignal): Promise<string[]> {
  const request = ec2.describeVpcs({ VpcIds: [vpc] }, { abortSignal: signal });
  const { Vpcs = [] } = await ask(`look at ${vpc}`, request);
  return Vpcs.flatMap(({ CidrBlock }) => (CidrBlock === undefined ? [] : [CidrBlock]));
}
