import type Docker from "dockerode";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { hasImage } from "./base-image.ts";
import { ask, askUnless, openEngine, statusOf } from "./engine.ts";
import { withLock } from "./lock.ts";
import { inspectMachine } from "./power-on.ts";
import { finished } from "./progress.ts";

const repository = "hotsite-snapshot";
/** What a snapshot is made of, while it is made. */
const draftRepository = "hotsite-snapshot-draft";
const draftLimitMs = 60_000;
/** Copying a disk out of the engine and back may pause for long on a busy computer. */
const copyQuietMs = 600_000;

/**
 * What makes a machine this one: keys, names, what Hotsite remembers on it, and its past. Programs, packages and data stay.
 * /etc/hotsite holds certificates and passwords of the services, which the next installation writes anew.
 */
const forgetIdentity = `set -e
rm -f /etc/ssh/ssh_host_*
find /root /home -path '*/.ssh/*' -type f -delete
rm -f /root/.*_history /home/*/.*_history
rm -rf /var/lib/hotsite /var/lib/hotsite-host /var/lib/hotsite-role /var/lib/hotsite-gateway /var/lib/hotsite-witness /etc/hotsite
: > /etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
rm -rf /var/log/journal/* /var/lib/systemd/random-seed
`;

/** An image made of a machine's disk. */
export interface Snapshot {
  readonly name: string;
  /** For `local({ image })`. */
  readonly image: string;
  readonly sizeMb: number;
  readonly createdAt: string;
}

/**
 * Makes an image of a machine's disk, without what makes the machine this one; gives its name. The machine stands still for
 * as long as its changes take to copy. Nothing else of an attempt stays, and the next one of this name clears what a crash left.
 */
export async function takeSnapshot(id: string, name: string, signal: AbortSignal): Promise<string> {
  const image = imageOf(name);
  const docker = await openEngine(signal, copyQuietMs);
  const { Id } = await inspectMachine(docker, id, signal);
  await withLock(`snapshot-${name}`, () => take(docker, Id, name, signal), signal);
  return image;
}

async function take(docker: Docker, id: string, name: string, signal: AbortSignal): Promise<void> {
  if (await hasImage(docker, imageOf(name))) {
    throw new HotsiteError("snapshot-exists", `there is a snapshot ${name} already`, {
      hint: `take another name, or: hotsite local snapshots --remove ${name}`,
    });
  }
  await removeDraft(docker, name);
  try {
    const commit = docker.getContainer(id).commit({ repo: draftRepository, tag: name, abortSignal: signal });
    await ask(`copy the disk of ${id}`, commit);
    const draft = await forgottenDraft(docker, name, signal);
    // Out and in again: what was deleted would still be in the layers below.
    const disk = await ask("read the disk", draft.export({ abortSignal: signal }));
    const options = { repo: repository, tag: name, abortSignal: signal };
    await finished(
      await ask("write the snapshot", docker.importImage(disk, options)),
      () => undefined,
      signal,
    );
  } finally {
    await removeDraft(docker, name);
  }
}

/** All snapshots on this computer, by name. */
export async function listSnapshots(signal: AbortSignal): Promise<readonly Snapshot[]> {
  const docker = await openEngine(signal);
  const filters = { reference: [`${repository}:*`] };
  const images = await ask("list the snapshots", docker.listImages({ filters, abortSignal: signal }));
  return images
    .flatMap(({ RepoTags, Size, Created }) =>
      (RepoTags ?? []).map((tag) => ({
        name: tag.slice(tag.lastIndexOf(":") + 1),
        image: tag,
        sizeMb: Math.round(Size / 2 ** 20),
        createdAt: new Date(Created * 1000).toISOString(),
      })),
    )
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Removes a snapshot that no machine was started from, or whose machines are gone. */
export async function removeSnapshot(name: string, signal: AbortSignal): Promise<void> {
  const docker = await openEngine(signal);
  const image = docker.getImage(imageOf(name));
  try {
    const removed: unknown = await askUnless([404], `remove the snapshot ${name}`, image.remove());
    if (removed === undefined) throw await unknownSnapshot(name, signal);
  } catch (cause) {
    if (statusOf(cause) !== 409) throw cause;
    throw new HotsiteError("snapshot-in-use", `machines were started from the snapshot ${name}`, {
      cause,
      hint: "`hotsite local ls --all` shows which; it can be removed when they are gone",
    });
  }
}

async function unknownSnapshot(name: string, signal: AbortSignal): Promise<HotsiteError> {
  const known = (await listSnapshots(signal)).map((snapshot) => snapshot.name).join(", ");
  return new HotsiteError("no-such-snapshot", `there is no snapshot ${name}`, {
    hint: known === "" ? "there is none at all" : `known: ${known}`,
  });
}

function imageOf(name: string): string {
  if (/^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name)) return `${repository}:${name}`;
  throw new HotsiteError("usage", `${name} is no name for a snapshot`, {
    hint: "lower case letters, digits, dots, dashes and underscores; a letter or digit first",
  });
}

/** The copied disk after it forgot whose it was. */
async function forgottenDraft(docker: Docker, name: string, signal: AbortSignal): Promise<Docker.Container> {
  const request = docker.createContainer({
    name: draftContainer(name),
    Image: `${draftRepository}:${name}`,
    Entrypoint: [],
    Cmd: ["sh", "-c", forgetIdentity],
    User: "root",
    HostConfig: { NetworkMode: "none" },
    abortSignal: signal,
  });
  const draft = await ask("make the snapshot's draft", request);
  await ask("start the snapshot's draft", draft.start());
  const limited = AbortSignal.any([signal, AbortSignal.timeout(draftLimitMs)]);
  const ended: unknown = await ask("clear the snapshot's draft", draft.wait({ abortSignal: limited }));
  if (z.object({ StatusCode: z.literal(0) }).safeParse(ended).success) return draft;
  const said = await ask("read the draft's log", draft.logs({ stdout: true, stderr: true, tail: 5 }));
  throw new HotsiteError(
    "snapshot-failed",
    `the machine's identity could not be removed: ${said.toString()}`,
  );
}

function draftContainer(name: string): string {
  return `${draftRepository}.${name}`;
}

async function removeDraft(docker: Docker, name: string): Promise<void> {
  const container = docker.getContainer(draftContainer(name));
  await askUnless([404], "remove the snapshot's draft", container.remove({ force: true, v: true }));
  const image = docker.getImage(`${draftRepository}:${name}`);
  await askUnless([404], "remove the snapshot's draft", image.remove({ force: true }));
}
