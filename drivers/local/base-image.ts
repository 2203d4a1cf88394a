import { spawn } from "node:child_process";
import { once } from "node:events";
import type Docker from "dockerode";
import { HotsiteError, messageOf } from "../../core/errors.ts";
import { ask, askUnless } from "./engine.ts";
import { finished, type Progress } from "./progress.ts";

const debian = "debian:bookworm-slim";
const bootstrapped = "hotsite-base:bookworm";
/** A registry that answers sends its first byte well within this time. */
const pullMs = 120_000;

/** The Debian image to start from: the engine's, else from a registry, else made from this machine's package sources. */
export async function baseImage(docker: Docker, progress: Progress, signal: AbortSignal): Promise<string> {
  for (const name of [debian, bootstrapped]) if (await hasImage(docker, name)) return name;
  try {
    await pull(docker, progress, signal);
    return debian;
  } catch (error) {
    signal.throwIfAborted();
    progress(`no image registry answers (${messageOf(error)}): making the base image with mmdebstrap`);
    await bootstrap(docker, progress, signal);
    return bootstrapped;
  }
}

/** Whether the engine has this image. */
export async function hasImage(docker: Docker, name: string): Promise<boolean> {
  return (await askUnless([404], `look for image ${name}`, docker.getImage(name).inspect())) !== undefined;
}

async function pull(docker: Docker, progress: Progress, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(pullMs)]);
  const output: unknown = await ask(`pull ${debian}`, docker.pull(debian, { abortSignal: limited }));
  await finished(output as NodeJS.ReadableStream, progress, limited);
}

/** mmdebstrap writes a tar archive that the engine reads at the same time. */
async function bootstrap(docker: Docker, progress: Progress, signal: AbortSignal): Promise<void> {
  const [repo, tag] = bootstrapped.split(":");
  const child = spawn("mmdebstrap", ["--quiet", "--variant=minbase", "bookworm", "-"], {
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
    await removeImage(docker);
    throw new HotsiteError(
      "image-build",
      `the base image could not be made: mmdebstrap: ${messageOf(cause)}`,
      {
        cause,
        hint: `let the engine reach an image registry (docker pull ${debian}), or, on Debian, apt-get install mmdebstrap`,
      },
    );
  }
}

/** What was imported from an archive that ended early. */
async function removeImage(docker: Docker): Promise<void> {
  await docker
    .getImage(bootstrapped)
    .remove({ force: true })
    .catch(() => undefined);
}
