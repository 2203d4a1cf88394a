import { spawn } from "node:child_process";
import { once } from "node:events";
import type Docker from "dockerode";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { ask, askUnless } from "./engine.ts";
import { packageSources } from "./package-sources.ts";
import { finished, type Progress } from "./progress.ts";
import type { System } from "./system.ts";

/** A registry that answers sends its first byte well within this time. */
const pullMs = 120_000;

/** A system's image to start from: the engine's, else from a registry, else, for Debian, made from package sources. */
export async function baseImage(
  docker: Docker,
  { name, registry, suite }: System,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  if (await hasImage(docker, registry)) return registry;
  const bootstrapped = `hotsite-base:${suite ?? ""}`;
  if (suite !== undefined && (await hasImage(docker, bootstrapped))) return bootstrapped;
  try {
    await pull(docker, registry, progress, signal);
    return registry;
  } catch (error) {
    signal.throwIfAborted();
    if (suite === undefined) throw onlyFromRegistry(name, registry, error);
    progress(`no image registry answers (${messageOf(error)}): making the base image with mmdebstrap`);
    await bootstrap(docker, { suite, bootstrapped, registry }, progress, signal);
    return bootstrapped;
  }
}

function onlyFromRegistry(name: string, registry: string, cause: unknown): HotsiteError {
  return new HotsiteError("image-build", `${name} comes only from an image registry: ${messageOf(cause)}`, {
    cause,
    hint: `let the engine reach one (docker pull ${registry}), or take debian:12 or debian:13`,
  });
}

/** Whether the engine has this image. */
export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return (await askUnless([404], `look for image ${name}`, docker.getImage(name).inspect())) !== undefined;
}

async function pull(docker: Docker, image: string, progress: Progress, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(pullMs)]);
  const output: unknown = await ask(`pull ${image}`, docker.pull(image, { abortSignal: limited }));
  await finished(output as NodeJS.ReadableStream, progress, limited);
}

interface Bootstrap {
  readonly suite: string;
  /** What the image is called. */
  readonly bootstrapped: string;
  /** What would do as well. */
  readonly registry: string;
}

/** mmdebstrap writes a tar archive that the engine reads at the same time. */
async function bootstrap(
  docker: Docker,
  { suite, bootstrapped, registry }: Bootstrap,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const [repo, tag] = bootstrapped.split(":");
  // Mirrors may be reached by https only.
  const options = ["--quiet", "--variant=minbase", "--include=ca-certificates"];
  const sources = await packageSources(suite, signal);
  const child = spawn("mmdebstrap", [...options, suite, "-", ...sources], {
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  });
  const errors: string[] = [];
  child.stderr.on("data", (data: Buffer) => errors.push(data.toString()));
  const ended = once(child, "close");
  const imported = docker.importImage(child.stdout, { repo, tag, abortSignal: signal });
  try {
    const [code] = (await ended) as [number | null];
    await finished(await imported, progress, signal);
    if (code !== 0) throw new Error(`exit ${code ?? "by a signal"}: ${errors.join("").trim()}`);
  } catch (cause) {
    await imported.catch(() => undefined);
    signal.throwIfAborted();
    await removeImage(docker, bootstrapped);
    throw new HotsiteError(
      "image-build",
      `the base image could not be made: mmdebstrap: ${messageOf(cause)}`,
      {
        cause,
        hint: `let the engine reach an image registry (docker pull ${registry}), or, on Debian, apt-get install mmdebstrap`,
      },
    );
  }
}

/** What was imported from an archive that ended early. */
async function removeImage(docker: Docker, image: string): Promise<void> {
  await docker
    .getImage(image)
    .remove({ force: true })
    .catch(() => undefined);
}
