// Makes a fresh checkout ready: dependencies installed when missing or stale, and a container engine. Uses nothing but node itself,
// because it runs before node_modules exists. `--no-engine` leaves the engine alone.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const stamp = new URL("node_modules/.hotsite-setup", root);

/**
 * Installs what package-lock.json says, unless that is what is there. Not `npm ci`: that refuses when a registry lacks an optional package for
 * some other platform, as mirrors do for days after a release.
 */
export function ensureDependencies() {
  // Native modules are built for one ABI and platform: another node needs them again.
  const wanted = createHash("sha256")
    .update(readFileSync(new URL("package-lock.json", root)))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;

  console.error("setup: installing dependencies (npm install)");
  const { status, error } = spawnSync("npm", ["install", "--no-save", "--no-fund", "--no-audit"], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) {
    throw new Error(
      `npm install failed (${error?.message ?? `exit ${status}`}): check the network and the npm registry, then run the command again`,
    );
  }
  writeFileSync(stamp, wanted);
}

/** Everything that tests and the demo need before they start. */
export async function setup({ engine = true } = {}) {
  ensureDependencies();
  if (!engine) return;
  const { ensureEngine } = await import("./engine.mjs");
  await ensureEngine();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup({ engine: !process.argv.includes("--no-engine") }).catch((error) => {
    console.error(`setup: ${error.message}`);
    process.exitCode = 1;
  });
}
