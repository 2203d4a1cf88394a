import { waitFor } from "../../core/wait.ts";
import { releaseAddresses } from "./address.ts";
import type { Api } from "./api.ts";
import { askUnless } from "./errors.ts";
import { findInstance, isDead, stateOf } from "./machine.ts";
import { tag, tagsOf } from "./tags.ts";
import { deleteVolumes } from "./volumes.ts";

/** Machines that ignore the shutdown are cut off by the cloud after some minutes. */
const endMs = 900_000;

/** Ends a machine and waits until it, its disks and its addresses are gone. One that is not ours is left alone. */
export async function destroyMachine(api: Api, id: string, signal: AbortSignal): Promise<void> {
  const known = await findInstance(api, id, signal);
  if (known === undefined) return;
  signal.throwIfAborted();
  if (!isDead(known)) {
    const end = api.ec2.terminateInstances({ InstanceIds: [id] });
    await askUnless(/^InvalidInstanceID\./, `destroy ${id}`, end);
  }
  const ended = async (): Promise<true | undefined> => {
    const instance = await findInstance(api, id, signal);
    return instance === undefined || stateOf(instance) === "terminated" ? true : undefined;
  };
  await waitFor(ended, { timeoutMs: endMs, intervalMs: api.pollMs, what: `${id} to be gone` }, signal);
  const claim = tagsOf(known)[tag.claim] ?? "";
  await releaseAddresses(api, claim, signal);
  await deleteVolumes(api, tag.claim, claim, () => true, signal);
}
