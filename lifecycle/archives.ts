import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { HotsiteError } from "../core/errors.ts";
import { cached, cacheFolder, checksumOf } from "../recipes/cache.ts";

/** An archive on this machine, ready to be sent to nodes. */
export interface Archive {
  readonly path: string;
  readonly sha256: string;
}

/** Nodes run this version whatever their distribution has; it brings zstd. */
const NODE_VERSION = "24.21.0";
/** All machines of today's drivers. */
const PLATFORM = "linux-x64";

const run = promisify(execFile);
const hashes = new Map<string, Promise<string>>();

/** The program of gateway and witness, as the build made it. */
export async function bundleArchive(): Promise<Archive> {
  const places = ["./gateway.tgz", "../dist/gateway.tgz"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const path = places.find((place) => existsSync(place));
  if (path === undefined)
    throw new HotsiteError("not-built", "dist/gateway.tgz is missing", { hint: "npm run build" });
  return { path, sha256: await hashOf(path) };
}

/** A Node runtime for nodes, holding `bin/node`. Fetched from the npm registry once, then kept in the user's cache. */
export async function runtimeArchive(): Promise<Archive> {
  const folder = cacheFolder("runtime", `node-${NODE_VERSION}-${PLATFORM}`);
  const path = await cached(folder, fetchRuntime);
  return { path, sha256: await hashOf(path) };
}

async function fetchRuntime(folder: string): Promise<void> {
  const work = await mkdtemp(join(folder, ".pack-"));
  try {
    // npm checks what it fetched against the integrity that the registry states.
    await run("npm", ["pack", "--silent", "--pack-destination", work, `node-${PLATFORM}@${NODE_VERSION}`]);
    const [packed = ""] = (await readdir(work)).filter((name) => name.endsWith(".tgz"));
    await run("tar", ["-xzf", join(work, packed), "-C", work, "package/bin/node"]);
    await run("tar", ["-czf", join(folder, "runtime.tgz"), "-C", join(work, "package"), "bin/node"]);
  } catch (cause) {
    throw new HotsiteError(
      "no-runtime",
      `cannot fetch the Node runtime for nodes (npm package node-${PLATFORM}@${NODE_VERSION})`,
      {
        cause,
        hint: "check that npm reaches its registry; it is needed once, the archive is kept in ~/.cache/hotsite",
      },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function hashOf(path: string): Promise<string> {
  const known = hashes.get(path) ?? checksumOf(path);
  hashes.set(path, known);
  return known;
}
