import type { Instance } from "@aws-sdk/client-ec2";
import type { Machine, NodeClaim } from "../../core/driver.ts";
import { CapacityError, HotsiteError, QuotaError, RetryableError } from "../../core/errors.ts";
import { waitFor } from "../../core/wait.ts";
import { greets } from "../reach.ts";
import { ensureAddress } from "./address.ts";
import type { Api } from "./api.ts";
import { askUnless } from "./errors.ts";
import { findInstance, inspectMachine, isDead, machineOf, stateOf } from "./machine.ts";
import { tagsOf } from "./tags.ts";
import type { Ec2Template } from "./template.ts";

/** A machine answers after half a minute; an image that is large, or new to the zone, takes minutes. */
const bootMs = 600_000;
/** A forced stop takes seconds for most types and minutes for the largest. */
const stopMs = 600_000;

/** For a machine that is being launched: what it should have besides itself. */
export interface Wish {
  readonly claim: NodeClaim;
  readonly template: Ec2Template;
}

/** The machine, running and reachable. */
export async function bringUp(
  api: Api,
  id: string,
  wish: Wish | undefined,
  signal: AbortSignal,
): Promise<Machine> {
  const wait = { timeoutMs: bootMs, intervalMs: api.pollMs, what: `${id} to run` };
  await waitFor(() => running(api, id, signal), wait, signal);
  if (wish?.template.elasticIp === true) await ensureAddress(api, wish.claim, wish.template, id, signal);
  return reachable(api, id, signal);
}

async function running(api: Api, id: string, signal: AbortSignal): Promise<true | undefined> {
  const instance = await findInstance(api, id, signal);
  if (instance === undefined) return undefined;
  if (isDead(instance)) throw endedEarly(instance);
  if (stateOf(instance) === "stopped") {
    signal.throwIfAborted();
    await askUnless(/^IncorrectInstanceState$/, `start ${id}`, api.ec2.startInstances({ InstanceIds: [id] }));
  }
  return stateOf(instance) === "running" ? true : undefined;
}

async function reachable(api: Api, id: string, signal: AbortSignal): Promise<Machine> {
  const look = async (): Promise<Machine | undefined> => {
    const instance = await findInstance(api, id, signal);
    if (instance === undefined) return undefined;
    if (isDead(instance)) throw endedEarly(instance);
    const machine = machineOf(instance);
    return (await greets(machine.ssh, signal)) ? machine : undefined;
  };
  const wait = { timeoutMs: bootMs, intervalMs: api.pollMs, what: `${id} to answer on SSH` };
  return waitFor(look, wait, signal).catch((error: unknown) => {
    if (!(error instanceof HotsiteError) || error.code !== "timeout") throw error;
    throw new RetryableError("timeout", error.message, { cause: error, hint: noAnswer });
  });
}

const noAnswer =
  'is this place in `sshFrom`, and the way into the network open? With access: "private" it has to be a VPN or a machine inside';

/** Why a machine ended before it was up, as its cloud tells. */
function endedEarly(instance: Instance): HotsiteError {
  const { Code = "", Message = "no reason was given" } = instance.StateReason ?? {};
  const { site, name } = machineOf(instance);
  const text = `${site}/${name} ended while it started: ${Message}`;
  const facts = { details: { code: Code, ...tagsOf(instance) } };
  if (/Insufficient\w*Capacity/.test(Code)) return new CapacityError(text, facts);
  if (/LimitExceeded/.test(Code)) return new QuotaError(text, facts);
  return new HotsiteError("machine-stopped", text, facts);
}

/** Powers off at once, without telling the machine; resolves when the cloud says that it is off. */
export async function cutPower(api: Api, id: string, signal: AbortSignal): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const instance = await inspectMachine(api, id, signal);
    if (stateOf(instance) === "stopped") return true;
    if (instance.InstanceLifecycle === "spot") throw spotStays(id);
    signal.throwIfAborted();
    const stop = api.ec2.stopInstances({ InstanceIds: [id], Force: true });
    await askUnless(/^IncorrectInstanceState$/, `power off ${id}`, stop);
    return undefined;
  };
  await waitFor(look, { timeoutMs: stopMs, intervalMs: api.pollMs, what: `${id} to be off` }, signal);
}

function spotStays(id: string): HotsiteError {
  return new HotsiteError("unsupported", `${id} is a spot machine: it can be destroyed, not powered off`, {
    hint: "without `spot`, the next machine can be",
  });
}
