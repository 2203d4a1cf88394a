import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Holds keys and passwords: nobody else may read it, and it must not get into anybody's repository. */
export async function ensureStateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, ".gitignore"), "*\n");
}
