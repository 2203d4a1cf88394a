// Gets a Node runtime for nodes whose distribution has none that is recent enough: from the npm registry, once, then from the cache.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const version = "24.21.0";

/** Path of a .tgz that holds `bin/node` for `linux-x64` or `linux-arm64`. */
export async function ensureRuntime(platform = `linux-${process.arch}`) {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "hotsite/runtime");
  const kept = join(folder, `node-${version}-${platform}.tgz`);
  if (existsSync(kept)) return kept;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, ".new-"));
  try {
    await fetchRuntime(platform, work);
    run("tar", ["-czf", join(work, "runtime.tgz"), "-C", join(work, "package"), "bin/node"]);
    await rename(join(work, "runtime.tgz"), kept);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return kept;
}

/** npm checks what it fetched against the integrity that the registry states. */
async function fetchRuntime(platform, work) {
  run("npm", ["pack", "--silent", "--pack-destination", work, `node-${platform}@${version}`]);
  const [packed] = (await readdir(work)).filter((name) => name.endsWith(".tgz"));
  run("tar", ["-xzf", join(work, packed), "-C", work]);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? `exit ${status}`}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await ensureRuntime(process.argv[2]));
