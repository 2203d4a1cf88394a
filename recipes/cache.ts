import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { HotsiteError } from "../core/errors.ts";

/** A folder of this user's cache, for what was fetched once and does not change. */
export function cacheFolder(...parts: readonly string[]): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hotsite", ...parts);
}

/** The one file of `folder`; when there is none, the one that `fetch` puts into an empty folder beside it. A fetch that was cut off leaves nothing in its place. */
export async function cached(folder: string, fetch: (into: string) => Promise<void>): Promise<string> {
  const known = await onlyFile(folder);
  if (known !== undefined) return known;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(join(dirname(folder), ".new-"));
  try {
    await fetch(work);
    await rename(work, folder).catch(async (error: unknown) => {
      // Another process was faster.
      if ((await onlyFile(folder)) === undefined) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const file = await onlyFile(folder);
  if (file === undefined) throw new HotsiteError("fetch-failed", `${basename(folder)}: nothing was fetched`);
  return file;
}

/** The checksum of a file, in hexadecimal digits. */
export async function checksumOf(path: string, algorithm: "sha256" | "sha512" = "sha256"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function onlyFile(folder: string): Promise<string | undefined> {
  const [name] = await readdir(folder).catch(() => []);
  return name === undefined ? undefined : join(folder, name);
}
