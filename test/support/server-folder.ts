import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The option that the server programs need of root. */
export const serverUser: readonly string[] = userInfo().uid === 0 ? ["--user=root"] : [];

/** Where servers for tests are kept from run to run. */
export function serverCache(kind: string): string {
  return join(process.env["HOTSITE_CACHE"] ?? join(homedir(), ".cache", "hotsite"), kind);
}

/** A folder for one server, with its own copy of initialised data. */
export async function serverFolder(template: string, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `hotsite-${prefix}-`));
  await mkdir(join(folder, "tmp"));
  await run("cp", ["-r", "--sparse=always", "--reflink=auto", template, join(folder, "data")]);
  return folder;
}

/** An empty folder in the cache, on the same disk as what is made of it. */
export async function scratch(cache: string, prefix: string): Promise<string> {
  await mkdir(cache, { recursive: true });
  return mkdtemp(join(cache, `.${prefix}`));
}

/** Several test processes may make the same thing at once: the first one's stays. */
export async function settle(made: string, place: string): Promise<void> {
  await rename(made, place).catch(async (error: unknown) => {
    await access(place).catch(() => {
      throw error;
    });
  });
}
