import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ArchiveFile } from "./archive.ts";

const authorities = "/usr/local/share/ca-certificates";

/** What a node image needs of this host to reach the same package sources: proxies of apt, and certificate authorities. */
export async function hostFiles(signal: AbortSignal): Promise<ArchiveFile[]> {
  const proxies = await aptProxies(signal);
  return [{ path: "host/etc/apt/apt.conf.d/80hotsite-host", content: proxies }, ...(await ownAuthorities())];
}

/** The lines of apt's own settings that name a proxy; none on a host without apt. */
async function aptProxies(signal: AbortSignal): Promise<string> {
  const dump = await promisify(execFile)("apt-config", ["dump", "Acquire"], { signal }).catch(() => ({
    stdout: "",
  }));
  signal.throwIfAborted();
  return dump.stdout
    .split("\n")
    .filter((line) => /^Acquire::(http|https|ftp)::(?:.*::)?Proxy\S* "/i.test(line))
    .map((line) => `${line}\n`)
    .join("");
}

async function ownAuthorities(): Promise<ArchiveFile[]> {
  const names = await readdir(authorities).catch(() => []);
  const certificates = names.filter((name) => name.endsWith(".crt"));
  return Promise.all(
    certificates.map(async (name) => ({
      path: `host${authorities}/${name}`,
      content: await readFile(join(authorities, name)),
    })),
  );
}
