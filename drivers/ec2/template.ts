import { z } from "zod";
import type { NodeClaim } from "../../core/driver.ts";
import { PreflightError, type Fault } from "../../core/errors.ts";
import { cloudPath, shapeFaults } from "../template.ts";

const anywhere = "0.0.0.0/0";

const volume = z.strictObject({
  device: z.string().min(1).describe("as the image's kernel is told: /dev/sdf"),
  sizeGb: z.int().min(1).describe("size in GiB"),
  type: z.string().optional().describe("gp3, io2, st1…; default: gp3"),
  encrypted: z.boolean().optional().describe("default: as the account says"),
});

/** What a config may say of its machines. */
export const schema = z.strictObject({
  region: z.string().min(1).describe("eu-west-1"),
  type: z.string().min(1).describe("instance type: t3.small"),
  image: z
    .string()
    .min(1)
    .default("debian-12")
    .describe(
      "debian-12, debian-13; an AMI's id; an SSM parameter (/path or resolve:ssm:/path); or a name, * allowed, of which the newest is taken",
    ),
  imageOwner: z
    .string()
    .default("self")
    .describe("whose image a name means: an account number, self, amazon"),
  user: z.string().min(1).default("admin").describe("whom the image lets in with the key"),
  profile: z.string().optional().describe("of the shared AWS configuration files"),
  endpoint: z.url().optional().describe("of another cloud that speaks this API"),
  zones: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("tried in this order when one has no room; default: every zone that offers the type"),
  vpcCidr: z
    .cidrv4()
    .default("10.77.0.0/16")
    .describe("of the network that is made where no subnet is given"),
  subnet: z.string().startsWith("subnet-").optional().describe("launch into this one; nothing is made then"),
  securityGroups: z
    .array(z.string().startsWith("sg-"))
    .min(1)
    .optional()
    .describe("use these; none is made then"),
  sshFrom: z.array(z.cidrv4()).default([anywhere]).describe("who may reach SSH"),
  openTo: z.array(z.cidrv4()).default([anywhere]).describe("who may reach exposed ports"),
  trusted: z
    .array(z.cidrv4())
    .default([])
    .describe("networks of other sites: their machines may reach every port"),
  access: z
    .enum(["public", "private"])
    .default("public")
    .describe("by which address Hotsite and people reach a machine"),
  address: z
    .enum(["private", "public"])
    .default("private")
    .describe("by which address the application's other nodes reach it"),
  publicIp: z.boolean().optional().describe("default: yes in a network of our own, else as the subnet says"),
  elasticIp: z.boolean().default(false).describe("a public address that stays when the machine is off"),
  spot: z
    .union([z.boolean(), z.strictObject({ maxPrice: z.string().describe("dollars an hour") })])
    .default(false)
    .describe("cheaper, may be taken away at any time, cannot be powered off"),
  diskGb: z.int().min(1).optional().describe("size of the root disk in GiB; default: the image's"),
  volumes: z.array(volume).default([]).describe("more disks; they end with the machine"),
  userData: z.string().optional().describe("given to the machine as it is; cloud-init runs it at first boot"),
  instanceProfile: z.string().optional().describe("name of the IAM instance profile"),
  tags: z.record(z.string(), z.string()).default({}).describe("more tags for everything that is made"),
});

/** What `ec2({…})` takes. */
export type Ec2Options = z.input<typeof schema>;

/** The same with its defaults. */
export type Ec2Template = z.output<typeof schema>;

/** The template of a claim. Throws `PreflightError` with all that is wrong with it. */
export function parseTemplate(claim: NodeClaim): Ec2Template {
  const faults = templateFaults(claim);
  if (faults.length > 0) throw new PreflightError(`${claim.site}/${claim.name}`, faults);
  return schema.parse(claim.template);
}

/** Everything wrong with a claim's template, without asking the cloud. */
export function templateFaults({ site, template }: NodeClaim): Fault[] {
  const faults = shapeFaults(schema, site, template);
  const parsed = schema.safeParse(template);
  return parsed.success ? contradictions(cloudPath(site), parsed.data) : faults;
}

function contradictions(path: string, template: Ec2Template): Fault[] {
  const faults: Fault[] = [];
  if (template.subnet !== undefined && template.zones !== undefined) {
    faults.push({
      path: `${path}.zones`,
      problem: "a subnet is in one zone already",
      remedy: "leave it out",
    });
  }
  if (template.subnet === undefined && template.securityGroups !== undefined) {
    const remedy = "give subnet as well, or let both be made";
    faults.push({ path: `${path}.securityGroups`, problem: "belong to a network that is not named", remedy });
  }
  const wantsPublic = template.access === "public" || template.address === "public";
  if (wantsPublic && template.publicIp === false && !template.elasticIp) {
    const remedy = 'elasticIp: true, or access: "private"';
    faults.push({ path: `${path}.publicIp`, problem: "the machine would have no public address", remedy });
  }
  return faults;
}
