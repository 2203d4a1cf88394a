import { Readable } from "node:stream";
import type Docker from "dockerode";
import { HotsiteError } from "../../core/errors.ts";
import { pack } from "./archive.ts";
import { baseImage, hasImage } from "./base-image.ts";
import { dockerfile, nodeImageOf } from "./dockerfile.ts";
import { openEngine } from "./engine.ts";
import { hostFiles } from "./host-files.ts";
import { withLock } from "./lock.ts";
import { finished, type Progress } from "./progress.ts";
import { debian12, type System } from "./system.ts";

/** An engine at work on an image may be silent for as long as one package takes to download. */
const buildQuietMs = 600_000;

/** Makes sure that this machine's engine has the node image; launching does so, too. */
export async function prepareImage(progress: Progress, signal: AbortSignal): Promise<string> {
  return ensureNodeImage(await openEngine(signal), debian12, progress, signal);
}

/** A system's node image, built when the engine has none. Of several processes that ask at once, one builds. */
export async function ensureNodeImage(
  docker: Docker,
  system: System,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const image = nodeImageOf(system);
  if (await hasImage(docker, image)) return image;
  return withLock(
    "node-image",
    async () => {
      if (!(await hasImage(docker, image))) await build(system, progress, signal);
      return image;
    },
    signal,
  );
}

async function build(system: System, progress: Progress, signal: AbortSignal): Promise<void> {
  const docker = await openEngine(signal, buildQuietMs);
  const base = await baseImage(docker, system, progress, signal);
  const context = await pack([{ path: "Dockerfile", content: dockerfile }, ...(await hostFiles(signal))]);
  const options = {
    t: nodeImageOf(system),
    buildargs: { BASE: base, ...proxies() },
    // As this host: a package proxy on its loopback and its name servers are reached.
    networkmode: "host",
    forcerm: true,
    abortSignal: signal,
  };
  progress(`building the node image of ${system.name}`);
  try {
    await finished(await docker.buildImage(Readable.from([context]), options), progress, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new HotsiteError("image-build", `the node image could not be built: ${String(cause)}`, {
      cause,
      retryable: true,
      hint: "check that this machine reaches its package sources, then run the command again",
    });
  }
}

function proxies(): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
