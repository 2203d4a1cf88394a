import type { Volume } from "@aws-sdk/client-ec2";
import { waitFor } from "../../core/wait.ts";
import type { Api } from "./api.ts";
import { ask, askUnless } from "./errors.ts";
import { withTag } from "./tags.ts";

/** A disk is let go of some seconds after its machine has ended. */
const letGoMs = 120_000;

/** Deletes the disks with this tag that are meant, and waits until none is left; those that end with their machine go by themselves. */
export async function deleteVolumes(
  api: Api,
  name: string,
  value: string,
  isMeant: (volume: Volume) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const filters = { Filters: [withTag(name, value)] };
  const look = async (): Promise<true | undefined> => {
    const request = api.ec2.describeVolumes(filters, { abortSignal: signal });
    const { Volumes = [] } = await ask("look for disks", request);
    const left = Volumes.filter((volume) => isMeant(volume) && !isGoing(volume));
    for (const { VolumeId, State } of left) {
      if (State !== "available") continue;
      signal.throwIfAborted();
      await askUnless(
        /^InvalidVolume\.NotFound$/,
        `delete ${VolumeId ?? ""}`,
        api.ec2.deleteVolume({ VolumeId }),
      );
    }
    return left.length === 0 ? true : undefined;
  };
  await waitFor(look, { timeoutMs: letGoMs, intervalMs: api.pollMs, what: "the disks to be gone" }, signal);
}

function isGoing({ State }: Volume): boolean {
  return State === "deleting" || State === "deleted";
}
