import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import tar, { type Pack } from "tar-stream";
import { HotsiteError } from "../../core/errors.ts";
import { cached, cacheFolder } from "../cache.ts";
import { LocalPath } from "../local-path.ts";

/**
 * The same path, but a folder becomes a .tar.gz of which this machine keeps a copy: an application with its libraries may have
 * tens of thousands of files, links among them and programs.
 */
export function packed(source: LocalPath): LocalPath {
  return new LocalPath(source.path, async (beside) => {
    const found = await source.find(beside);
    return (await stat(found)).isDirectory() ? packedOnce(found) : found;
  });
}

async function packedOnce(folder: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(archiveOf(folder), hash);
  return cached(cacheFolder("folders", hash.digest("hex")), (into) =>
    pipeline(
      archiveOf(folder),
      createGzip({ level: 5 }),
      createWriteStream(join(into, `${basename(folder)}.tar.gz`)),
    ),
  );
}

/** The folder as a tar stream: the same files, links and modes give the same bytes. */
function archiveOf(folder: string): Pack {
  const archive = tar.pack();
  fill(archive, folder).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return archive;
}

/** What lies beside an application and is not of it: its history, and the keys and secrets of Hotsite's own. */
const NOT_SENT = [".git", ".hotsite"];

async function fill(archive: Pack, folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .filter((name) => !NOT_SENT.includes(name.split("/", 1)[0] ?? ""))
    .sort();
  for (const name of names) await add(archive, folder, name);
}

async function add(archive: Pack, folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const { size, mode } = await lstat(path);
  const header = { name, mode: mode & 0o777, mtime: new Date(0) };
  const linkname = await readlink(path).catch(() => undefined);
  if (linkname === undefined) {
    await pipeline(createReadStream(path), archive.entry({ ...header, size }));
    return;
  }
  refuseOutside(folder, name, linkname);
  archive.entry({ ...header, type: "symlink", linkname });
}

/** An absolute one says where something is on the node. */
function refuseOutside(folder: string, name: string, linkname: string): void {
  if (isAbsolute(linkname) || !join(dirname(name), linkname).startsWith("..")) return;
  throw new HotsiteError(
    "link-outside",
    `${join(folder, name)} is a link out of the folder, to ${linkname}`,
    {
      hint: "put what it leads to in its place, or pack the application yourself: tar --dereference",
    },
  );
}
