import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Lines of a sources.list for a Debian release on the mirrors that this computer uses; none where it has no Debian mirror. */
export async function packageSources(suite: string, signal: AbortSignal): Promise<readonly string[]> {
  const argv = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
  const targets = await promisify(execFile)("apt-get", argv, { signal }).catch(() => ({ stdout: "" }));
  signal.throwIfAborted();
  return sourcesOn(targets.stdout.split("\n"), suite);
}

/** The same for the mirrors among these repositories. */
export function sourcesOn(repositories: readonly string[], suite: string): readonly string[] {
  const mirror = repositories.find((uri) => /\/debian\/?$/.test(uri));
  const security = repositories.find((uri) => /\/debian-security\/?$/.test(uri));
  if (mirror === undefined) return [];
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    ...(security === undefined ? [] : [`deb ${security} ${suite}-security main`]),
  ];
}
