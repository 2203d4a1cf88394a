import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `hotsite init` can start from. */
export const templates = {
  "two-sites": "a site that serves, a standby that follows and takes over, and a small third place",
  single: "one site without a standby",
} as const;

/** A file of a template, by its path inside the new folder. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a template, from all folders that it is made of. */
export async function readTemplate(...folders: readonly string[]): Promise<readonly TemplateFile[]> {
  // The build puts the folder beside the code.
  const all = fileURLToPath(new URL("./templates/", import.meta.url));
  return (await Promise.all(folders.map((folder) => filesBelow(join(all, folder))))).flat();
}

async function filesBelow(folder: string): Promise<readonly TemplateFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({ path: path.slice(folder.length + 1), text: await readFile(path, "utf8") })),
  );
}
