import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of a template, by its path inside the new folder. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a template of `hotsite init`: its own and those that all have in common. */
export async function readTemplate(name: string): Promise<readonly TemplateFile[]> {
  // The build puts the folder beside the code.
  const folder = fileURLToPath(new URL("./templates/", import.meta.url));
  return (await Promise.all([name, "common"].map((part) => filesBelow(join(folder, part))))).flat();
}

async function filesBelow(folder: string): Promise<readonly TemplateFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({ path: path.slice(folder.length + 1), text: await readFile(path, "utf8") })),
  );
}
