import type { Image } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import { HotsiteError, PreflightError, type Fault } from "../../core/errors.ts";
import { cloudPath } from "../template.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import type { Ec2Template } from "./template.ts";

/** Debian publishes the AMI of each release under this public parameter. */
const debian = /^debian-(1[2-9])$/;

/** A machine image that exists. */
export interface MachineImage {
  readonly id: string;
  readonly rootDevice: string;
}

/** The image that a template means. Throws `PreflightError` when there is none that fits. */
export async function resolveImage(
  api: Api,
  claim: NodeClaim,
  template: Ec2Template,
  signal: AbortSignal,
): Promise<MachineImage> {
  const architectures = await architecturesOf(api, template.type, signal);
  const image = await findImage(api, template, architectures, signal);
  const [fault] = image === undefined ? [missing(claim, template)] : imageFaults(claim, image, architectures);
  if (fault !== undefined) throw new PreflightError(`${claim.site}/${claim.name}`, [fault]);
  return { id: image?.ImageId ?? "", rootDevice: image?.RootDeviceName ?? "" };
}

/** What processors an instance type has; none when there is no such type. */
export async function architecturesOf(
  { ec2 }: Api,
  type: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const request = ec2.describeInstanceTypes({ InstanceTypes: [type as never] }, { abortSignal: signal });
  const answer = await askUnless(/^InvalidInstanceType|^InvalidParameterValue$/, `look at ${type}`, request);
  return answer?.InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures ?? [];
}

function missing({ site }: NodeClaim, { image, imageOwner }: Ec2Template): Fault {
  const of = isName(image) ? ` of owner ${imageOwner}` : "";
  return {
    path: `${cloudPath(site)}.image`,
    problem: `there is no such image${of} in this region`,
    found: image,
    remedy: "aws ec2 describe-images lists what there is",
  };
}

/** Why an image cannot start on machines with these processors. */
function imageFaults({ site }: NodeClaim, image: Image, architectures: readonly string[]): Fault[] {
  const path = `${cloudPath(site)}.image`;
  const found = image.ImageId;
  if (image.State !== "available")
    return [{ path, problem: `the image is ${image.State ?? "not ready"}`, found }];
  const architecture = image.Architecture ?? "x86_64";
  if (architectures.length === 0 || architectures.includes(architecture)) return [];
  const problem = `the image is for ${architecture}, the machine type is not`;
  return [{ path, problem, found, allowed: architectures.join(", ") }];
}

async function findImage(
  api: Api,
  template: Ec2Template,
  architectures: readonly string[],
  signal: AbortSignal,
): Promise<Image | undefined> {
  const { image, imageOwner } = template;
  const release = debian.exec(image)?.[1];
  if (release !== undefined) {
    const kind = architectures.includes("arm64") ? "arm64" : "amd64";
    return imageOfParameter(api, `/aws/service/debian/release/${release}/latest/${kind}`, signal);
  }
  if (image.startsWith("ami-")) return imageById(api, image, signal);
  if (!isName(image)) return imageOfParameter(api, image.replace(/^resolve:ssm:/, ""), signal);
  const byName = { Owners: [imageOwner], Filters: [{ Name: "name", Values: [image] }] };
  const { Images = [] } = await ask(
    "look for images",
    api.ec2.describeImages(byName, { abortSignal: signal }),
  );
  return Images.toSorted((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""))[0];
}

function isName(image: string): boolean {
  return !/^ami-|^resolve:ssm:|^\/|^debian-1[2-9]$/.test(image);
}

async function imageById({ ec2 }: Api, id: string, signal: AbortSignal): Promise<Image | undefined> {
  const request = ec2.describeImages({ ImageIds: [id] }, { abortSignal: signal });
  return (await askUnless(/^InvalidAMIID\./, `look at image ${id}`, request))?.Images?.[0];
}

async function imageOfParameter(api: Api, name: string, signal: AbortSignal): Promise<Image | undefined> {
  const { parameterValue } = await import("./parameter.ts");
  const id = await parameterValue(api.place, name, signal);
  if (id === undefined) return undefined;
  if (id.startsWith("ami-")) return imageById(api, id, signal);
  throw new HotsiteError("cloud-refused", `the parameter ${name} holds no image but ${id}`);
}
