import type { Filter, Instance } from "@aws-sdk/client-ec2";
import type { Machine } from "../../core/driver.ts";
import { NodeNotFoundError } from "../../core/errors.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { tag, tagsOf, withTag } from "./tags.ts";

const sshPort = 22;

/** Where an instance may be in its life. */
export type State = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";

export function stateOf({ State }: Instance): State {
  return State?.Name ?? "pending";
}

/** Whether it will never run again. */
export function isDead(instance: Instance): boolean {
  return ["shutting-down", "terminated"].includes(stateOf(instance));
}

export function idOf({ InstanceId }: Instance): string {
  return InstanceId ?? "";
}

/** All instances that match, dead ones included as long as the cloud remembers them. */
export async function findInstances(
  { ec2 }: Api,
  filters: readonly Filter[],
  signal: AbortSignal,
): Promise<Instance[]> {
  const found: Instance[] = [];
  let NextToken: string | undefined;
  do {
    const page = { Filters: [...filters], MaxResults: 1000, NextToken };
    const answer = await ask("list the machines", ec2.describeInstances(page, { abortSignal: signal }));
    found.push(...(answer.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined && NextToken !== "");
  return found;
}

export async function liveInstancesOf(api: Api, owner: string, signal: AbortSignal): Promise<Instance[]> {
  const all = await findInstances(api, [withTag(tag.owner, owner)], signal);
  return all.filter((instance) => !isDead(instance) && tagsOf(instance)[tag.claim] !== undefined);
}

/** The instance of this id, if we made it and the cloud remembers it. */
export async function findInstance(
  { ec2 }: Api,
  id: string,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const request = ec2.describeInstances({ InstanceIds: [id] }, { abortSignal: signal });
  const answer = await askUnless(/^InvalidInstanceID\./, `look at ${id}`, request);
  const instance = answer?.Reservations?.[0]?.Instances?.[0];
  return instance !== undefined && tagsOf(instance)[tag.claim] !== undefined ? instance : undefined;
}

/** Throws `NodeNotFoundError` for any instance that is not ours, or dead. */
export async function inspectMachine(api: Api, id: string, signal: AbortSignal): Promise<Instance> {
  const instance = await findInstance(api, id, signal);
  if (instance !== undefined && !isDead(instance)) return instance;
  throw new NodeNotFoundError(`no machine ${id} in ${api.place.region}`, {
    hint: "hotsite nodes shows what exists",
  });
}

/** An instance as the machine that it is. */
export function machineOf(instance: Instance): Machine {
  const tags = tagsOf(instance);
  const [access, address] = (tags[tag.reach] ?? "").split("/");
  const outside = addressOf(instance, access);
  const user = tags[tag.user] ?? "";
  const ports = (tags[tag.expose] ?? "").split(",").filter((port) => port !== "");
  return {
    id: idOf(instance),
    claim: tags[tag.claim] ?? "",
    owner: tags[tag.owner] ?? "",
    site: tags[tag.site] ?? "",
    name: tags[tag.name] ?? "",
    state: stateOf(instance) === "stopped" ? "stopped" : "running",
    address: addressOf(instance, address),
    ssh: { host: outside, port: sshPort, user, sudo: user !== "root" },
    exposed: Object.fromEntries(ports.map((port) => [port, { host: outside, port: Number(port) }])),
  };
}

/** A machine that is off has lost its public address, unless that is an elastic one; then only the private one can be told. */
function addressOf({ PublicIpAddress, PrivateIpAddress = "" }: Instance, kind = "private"): string {
  return kind === "public" && PublicIpAddress !== undefined ? PublicIpAddress : PrivateIpAddress;
}
