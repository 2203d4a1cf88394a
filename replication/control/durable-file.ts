import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** The file has the old content or the new one, whatever happens meanwhile; the new one, and on the disk, when it resolves. */
export async function writeDurably(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.new`;
  await using file = await open(fresh, "w", 0o640);
  await file.writeFile(content);
  await file.sync();
  await rename(fresh, path);
  await using folder = await open(dirname(path), "r");
  await folder.sync();
}

/** Undefined when there is no such file. */
export function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
}
