import type { NodeClaim } from "../../core/driver.ts";
import { CredentialError, type Fault } from "../../core/errors.ts";
import { cloudPath } from "../template.ts";
import type { Api } from "./api.ts";
import { codeOf, translated } from "./errors.ts";
import type { Ec2Template } from "./template.ts";

/** Made-up ids: permission is looked at before the thing itself. */
const nothing = { vpc: "vpc-00000000000000000", instance: "i-00000000000000000" };

/** What we may not do, found by asking for each thing without doing it. */
export async function permissionFaults(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  image: string | undefined,
  signal: AbortSignal,
): Promise<Fault[]> {
  const refused: string[] = [];
  for (const [action, call] of rehearsals(api, claim, template, image)) {
    signal.throwIfAborted();
    if (await isRefused(action, call)) refused.push(action);
  }
  if (refused.length === 0) return [];
  const remedy = "attach the policy in docs/ec2.md to whoever runs this";
  return [
    {
      path: cloudPath(claim.site),
      problem: "the account's policies do not allow what is needed",
      found: refused.join(", "),
      remedy,
    },
  ];
}

/** Only a refusal is an answer: the made-up ids are found out, if at all, after the permission. */
async function isRefused(action: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return false;
  } catch (error) {
    if (codeOf(error) === "DryRunOperation") return false;
    const reason = translated(`rehearse ${action}`, error);
    if (codeOf(error) !== "UnauthorizedOperation" && reason instanceof CredentialError) throw reason;
    return codeOf(error) === "UnauthorizedOperation";
  }
}

function rehearsals(
  { ec2 }: Api,
  claim: NodeClaim,
  template: Ec2Template,
  image: string | undefined,
): (readonly [action: string, call: () => Promise<unknown>])[] {
  const DryRun = true;
  const key = { KeyName: "hotsite", PublicKeyMaterial: new TextEncoder().encode(claim.authorizedKey) };
  const group = { GroupName: "hotsite", Description: "Hotsite", VpcId: nothing.vpc };
  const machine = { MinCount: 1, MaxCount: 1, InstanceType: template.type as never, ImageId: image };
  const power = { InstanceIds: [nothing.instance] };
  const { elasticIp, subnet, securityGroups } = template;
  return [
    ...(image === undefined
      ? []
      : [["ec2:RunInstances", () => ec2.runInstances({ DryRun, ...machine })] as const]),
    ["ec2:TerminateInstances", () => ec2.terminateInstances({ DryRun, ...power })],
    ["ec2:StopInstances", () => ec2.stopInstances({ DryRun, ...power })],
    ["ec2:StartInstances", () => ec2.startInstances({ DryRun, ...power })],
    ["ec2:ImportKeyPair", () => ec2.importKeyPair({ DryRun, ...key })],
    ...(subnet === undefined
      ? [["ec2:CreateVpc", () => ec2.createVpc({ DryRun, CidrBlock: template.vpcCidr })] as const]
      : []),
    ...(securityGroups === undefined
      ? [["ec2:CreateSecurityGroup", () => ec2.createSecurityGroup({ DryRun, ...group })] as const]
      : []),
    ...(elasticIp
      ? [["ec2:AllocateAddress", () => ec2.allocateAddress({ DryRun, Domain: "vpc" })] as const]
      : []),
  ];
}
