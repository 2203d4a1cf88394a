import { buffer, text } from "node:stream/consumers";
import tar from "tar-stream";

/** One file of an archive. */
export interface ArchiveFile {
  /** Without a leading slash. */
  readonly path: string;
  readonly content: string | Buffer;
  /** Default 0o644. */
  readonly mode?: number;
}

/** A tar archive of files that belong to root. */
export async function pack(files: readonly ArchiveFile[]): Promise<Buffer> {
  const archive = tar.pack();
  for (const { path, content, mode = 0o644 } of files)
    archive.entry({ name: path, mode, uid: 0, gid: 0 }, content);
  archive.finalize();
  return buffer(archive);
}

/** The regular files of a tar archive, by path. */
export async function unpack(archive: NodeJS.ReadableStream): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const extract = tar.extract();
  extract.end(await buffer(archive));
  for await (const entry of extract) {
    const content = await text(entry);
    if (entry.header.type === "file") files.set(entry.header.name, content);
  }
  return files;
}
