import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { HotsiteError } from "../core/errors.ts";
import type { TemplateFile } from "./templates.ts";

/** Writes files into a folder, never over what is there; `retry` names another folder. Gives the paths, and the `cd` that leads there. */
export async function writeNew(
  files: readonly TemplateFile[],
  folder: string,
  cwd: string,
  retry: string,
): Promise<{ readonly written: readonly string[]; readonly go: string }> {
  const taken = files.map(({ path }) => join(folder, path)).filter((path) => existsSync(path));
  if (taken.length > 0) {
    throw new HotsiteError("usage", `already there, and left as it is: ${taken.join(", ")}`, {
      hint: `name another folder: ${retry}`,
    });
  }
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // "wx": also when somebody writes it in this instant, it is theirs.
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  const at = relative(cwd, folder);
  return { written: files.map(({ path }) => join(folder, path)), go: at === "" ? "" : `cd ${at} && ` };
}
