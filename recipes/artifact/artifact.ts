import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HotsiteError } from "../../core/errors.ts";
import { cached, cacheFolder, checksumOf } from "../cache.ts";
import { LocalPath } from "../local-path.ts";
import { download } from "./download.ts";
import { fetchFromMaven, isSnapshot, MAVEN_COORDINATES } from "./maven.ts";

const sums = {
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  sha512: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
};

type Sums = z.output<z.ZodObject<typeof sums>>;

const fromUrl = z
  .strictObject({ url: z.url({ protocol: /^https?$/ }), ...sums })
  .refine(({ sha256, sha512 }) => sha256 !== undefined || sha512 !== undefined, {
    error: 'needs its checksum: sha512: "…" or sha256: "…"',
  });

const fromMaven = z.strictObject({ maven: z.string().regex(MAVEN_COORDINATES), ...sums });

const places = z.union([z.string().min(1), fromUrl, fromMaven], {
  error:
    'should be a path beside the config, { url: "https://…", sha512: "…" } (or sha256), or { maven: "group:artifact:version:type" }',
});

/** Where a file comes from: a path beside the config, a URL with its checksum, or Maven coordinates. */
export type ArtifactInput = z.input<typeof places>;

/** A parameter that names a file, wherever it comes from. It is fetched on this machine, once, and sent to the nodes. */
export function artifact(): z.ZodType<LocalPath, ArtifactInput> {
  return places.transform(artifactOf);
}

/** The file that is named like this. */
export function artifactOf(place: ArtifactInput): LocalPath {
  if (typeof place === "string") return new LocalPath(place);
  const name = "url" in place ? place.url : place.maven;
  return new LocalPath(name, () => fetchedOnce(name, place));
}

const fetched = new Map<string, Promise<string>>();

/** One file for the whole run, also when a snapshot is published meanwhile. */
function fetchedOnce(name: string, place: Exclude<ArtifactInput, string>): Promise<string> {
  const key = JSON.stringify([name, place.sha256, place.sha512]);
  const known = fetched.get(key) ?? fetchArtifact(place);
  fetched.set(key, known);
  // What failed may be tried again.
  known.catch(() => fetched.delete(key));
  return known;
}

async function fetchArtifact(place: Exclude<ArtifactInput, string>): Promise<string> {
  if ("url" in place) {
    const folder = cacheFolder("downloads", place.sha512 ?? place.sha256 ?? "");
    return cached(folder, async (into) => {
      await download(place.url, into);
      await verify(into, place);
    });
  }
  const { maven } = place;
  if (isSnapshot(maven)) await rm(mavenFolder(maven), { recursive: true, force: true });
  const path = await cached(mavenFolder(maven), (into) => fetchFromMaven(maven, into));
  await verifyFile(path, place);
  return path;
}

function mavenFolder(coordinates: string): string {
  return cacheFolder("maven", coordinates.replaceAll(":", "_"));
}

async function verify(folder: string, sums: Sums): Promise<void> {
  for (const name of await readdir(folder)) await verifyFile(join(folder, name), sums);
}

async function verifyFile(path: string, { sha256, sha512 }: Sums): Promise<void> {
  for (const [algorithm, wanted] of [
    ["sha256", sha256],
    ["sha512", sha512],
  ] as const) {
    if (wanted === undefined) continue;
    const found = await checksumOf(path, algorithm);
    if (found === wanted) continue;
    throw new HotsiteError("wrong-checksum", `${path}: ${algorithm} is ${found}, not ${wanted}`, {
      hint: "is it the file that the config means? if so, correct its checksum there",
    });
  }
}
